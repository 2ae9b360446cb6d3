{{- define "shareflow.jobResources" -}}
resources:
  requests: {cpu: 100m, memory: 200Mi}
  limits: {memory: 1Gi}
{{- end -}}

{{- define "shareflow.filesMount" -}}
{{- if .Values.files.configMap }}
- {name: files, mountPath: /etc/shareflow/files, readOnly: true}
{{- end }}
{{- if .Values.authorities.configMap }}
- {name: authorities, mountPath: /etc/shareflow/authorities, readOnly: true}
{{- end }}
{{- end -}}

{{- define "shareflow.filesVolume" -}}
{{- with .Values.files.configMap }}
- {name: files, configMap: {name: {{ . }}}}
{{- end }}
{{- with .Values.authorities.configMap }}
- {name: authorities, configMap: {name: {{ . }}}}
{{- end }}
{{- end -}}

{{- /* A job keeps nothing: it has a state folder of its own, for the claim may not be there yet. */ -}}
{{- define "shareflow.jobVolumes" -}}
- {name: tmp, emptyDir: {}}
- {name: state, emptyDir: {}}
- name: secrets
  {{- include "shareflow.secretFiles" (dict "at" . "also" dict) | nindent 2 }}
{{- include "shareflow.filesVolume" . }}
{{- include "shareflow.temporalVolume" . }}
{{- end -}}
