{{- /* What every pod is and may do: by the user of the image, with nothing it does not need. */ -}}
{{- define "shareflow.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "shareflow.container" -}}
image: {{ include "shareflow.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  privileged: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{- define "shareflow.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "shareflow.selector" . | nindent 8 }}
{{- end -}}

{{- /* How Temporal is reached; where the Worker Controller runs workers, it tells them of that itself. */ -}}
{{- define "shareflow.temporal" -}}
- {name: TEMPORAL_ADDRESS, value: {{ .Values.temporal.address | quote }}}
- {name: TEMPORAL_NAMESPACE, value: {{ .Values.temporal.namespace | quote }}}
{{- if .Values.workerController.enabled }}
- {name: TEMPORAL_DEPLOYMENT_NAME, value: {{ include "shareflow.deployment" . | quote }}}
{{- end }}
{{- with .Values.temporal.tls }}
{{- if or .enabled .secret }}
- {name: TEMPORAL_TLS, value: "true"}
{{- with .serverName }}
- {name: TEMPORAL_TLS_SERVER_NAME, value: {{ . | quote }}}
{{- end }}
{{- end }}
{{- if and .secret .clientCertificate }}
- {name: TEMPORAL_TLS_CLIENT_CERT_PATH, value: /etc/temporal/tls/tls.crt}
- {name: TEMPORAL_TLS_CLIENT_KEY_PATH, value: /etc/temporal/tls/tls.key}
{{- end }}
{{- end }}
{{- include "shareflow.temporalAuthority" . }}
{{- end -}}

{{- /* Whose certificate of Temporal's is believed: of its Secret, else of the authorities that are named for all. */ -}}
{{- define "shareflow.temporalAuthority" -}}
{{- if .Values.temporal.tls.secret }}
- {name: TEMPORAL_TLS_SERVER_CA_CERT_PATH, value: /etc/temporal/tls/ca.crt}
{{- else if and .Values.temporal.tls.enabled .Values.authorities.configMap }}
- {name: TEMPORAL_TLS_SERVER_CA_CERT_PATH, value: /etc/shareflow/authorities/authorities.pem}
{{- end }}
{{- end -}}

{{- define "shareflow.environment" -}}
- {name: SHAREFLOW_STATE, value: /var/lib/shareflow}
- {name: SHAREFLOW_DATABASE_URL_FILE, value: /etc/shareflow/secrets/database-url}
{{- if .Values.secrets.payloadKeys }}
- {name: SHAREFLOW_PAYLOAD_KEYS, value: /etc/shareflow/secrets/payload-keys}
{{- end }}
{{- if .Values.secrets.robots }}
- {name: SHAREFLOW_ROBOTS, value: /etc/shareflow/secrets/robots}
{{- end }}
{{- range $name, $_ := .Values.secrets.others }}
- {name: {{ $name }}_FILE, value: /etc/shareflow/secrets/{{ include "shareflow.key" $name }}}
{{- end }}
- {name: SHAREFLOW_PUBLIC_URL, value: {{ .Values.publicUrl | quote }}}
{{- if .Values.files.departments }}
- {name: SHAREFLOW_DEPARTMENTS, value: /etc/shareflow/files/departments.yaml}
{{- end }}
{{- if .Values.files.policy }}
- {name: SHAREFLOW_POLICY, value: /etc/shareflow/files/policy.yaml}
{{- end }}
{{- if .Values.authorities.configMap }}
- {name: SSL_CERT_FILE, value: /etc/shareflow/authorities/authorities.pem}
{{- end }}
{{- range $name, $value := .Values.settings }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end -}}

{{- define "shareflow.mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: state, mountPath: /var/lib/shareflow}
- {name: secrets, mountPath: /etc/shareflow/secrets, readOnly: true}
{{- include "shareflow.filesMount" . }}
{{- end -}}

{{- define "shareflow.temporalMount" -}}
{{- if .Values.temporal.tls.secret }}
- {name: temporal-tls, mountPath: /etc/temporal/tls, readOnly: true}
{{- end }}
{{- end -}}

{{- define "shareflow.temporalVolume" -}}
{{- if .Values.temporal.tls.secret }}
- name: temporal-tls
  secret: {secretName: {{ .Values.temporal.tls.secret }}, defaultMode: 0440}
{{- end }}
{{- end -}}

{{- /* The file of a secret setting: s3-secret of SHAREFLOW_S3_SECRET. */ -}}
{{- define "shareflow.key" -}}
{{- trimPrefix "SHAREFLOW_" . | lower | replace "_" "-" -}}
{{- end -}}

{{- /* A volume of files, each of a Secret of its own: "also" names those beside what every process has, by their keys. */ -}}
{{- define "shareflow.secretFiles" -}}
{{- $files := merge (dict "database-url" .at.Values.secrets.databaseUrl) .also }}
{{- with .at.Values.secrets.payloadKeys }}
{{- $files = merge (dict "payload-keys" .) $files }}
{{- end }}
{{- with .at.Values.secrets.robots }}
{{- $files = merge (dict "robots" .) $files }}
{{- end }}
{{- range $name, $secret := .at.Values.secrets.others }}
{{- $files = merge (dict (include "shareflow.key" $name) $secret) $files }}
{{- end -}}
projected:
  defaultMode: 0440
  sources:
    {{- range $key, $secret := $files }}
    - secret:
        name: {{ $secret }}
        items: [{key: {{ $key }}, path: {{ $key }}}]
    {{- end }}
{{- end -}}

{{- define "shareflow.stateClaim" -}}
{{- .Values.state.existingClaim | default (printf "%s-state" (include "shareflow.name" .)) -}}
{{- end -}}

{{- define "shareflow.volumes" -}}
- {name: tmp, emptyDir: {}}
- name: state
  persistentVolumeClaim:
    claimName: {{ include "shareflow.stateClaim" . }}
- name: secrets
  {{- include "shareflow.secretFiles" (dict "at" . "also" (dict "log-key" .Values.secrets.logKey)) | nindent 2 }}
{{- include "shareflow.filesVolume" . }}
{{- end -}}

{{- define "shareflow.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: health}
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  httpGet: {path: /readyz, port: health}
  periodSeconds: 5
  timeoutSeconds: 7
livenessProbe:
  httpGet: {path: /healthz, port: health}
  periodSeconds: 15
  timeoutSeconds: 5
{{- end -}}
