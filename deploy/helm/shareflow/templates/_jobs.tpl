{{- define "shareflow.jobResources" -}}
resources:
  requests: {cpu: 100m, memory: 200Mi}
  limits: {memory: 1Gi}
{{- end -}}

{{- define "shareflow.filesMount" -}}
{{- if .Values.files.configMap }}
- {name: files, mountPath: /etc/shareflow/files, readOnly: true}
{{- end }}
{{- end -}}

{{- /* A job keeps nothing: it has a state folder of its own, for the claim may not be there yet. */ -}}
{{- define "shareflow.jobVolumes" -}}
- {name: tmp, emptyDir: {}}
- {name: state, emptyDir: {}}
- name: secrets
  {{- include "shareflow.secretFiles" (dict "at" . "also" dict) | nindent 2 }}
{{- with .Values.files.configMap }}
- {name: files, configMap: {name: {{ . }}}}
{{- end }}
{{- include "shareflow.temporalVolume" . }}
{{- end -}}
