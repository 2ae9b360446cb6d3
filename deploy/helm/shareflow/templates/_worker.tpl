{{- /* A pod of a worker, for a Deployment and for the Worker Controller alike. */ -}}
{{- define "shareflow.workerPod" -}}
{{- $part := dict "at" . "part" "worker" -}}
metadata:
  labels:
    {{- include "shareflow.labels" $part | nindent 4 }}
  annotations:
    prometheus.io/scrape: "true"
    prometheus.io/port: "9471"
spec:
  {{- include "shareflow.pod" . | nindent 2 }}
  {{- include "shareflow.spread" $part | nindent 2 }}
  # It finishes what it has begun.
  terminationGracePeriodSeconds: 90
  containers:
    - name: worker
      {{- include "shareflow.container" . | nindent 6 }}
      args: [worker]
      env:
        {{- if not .Values.workerController.enabled }}
        {{- include "shareflow.temporal" . | nindent 8 }}
        {{- else if .Values.temporal.tls.secret }}
        - {name: TEMPORAL_TLS_SERVER_CA_CERT_PATH, value: /etc/temporal/tls/ca.crt}
        {{- end }}
        {{- include "shareflow.environment" . | nindent 8 }}
        - {name: SHAREFLOW_LOG_KEY, value: /etc/shareflow/secrets/log-key}
        - {name: SHAREFLOW_HEALTH_PORT, value: "9471"}
        - {name: SHAREFLOW_HEALTH_HOST, value: 0.0.0.0}
      ports:
        - {name: health, containerPort: 9471}
      {{- include "shareflow.probes" . | nindent 6 }}
      resources:
        {{- include "shareflow.resources" (dict "of" .Values.worker.resources "named" "worker.resources") | nindent 8 }}
      volumeMounts:
        {{- include "shareflow.mounts" . | nindent 8 }}
        {{- if not .Values.workerController.enabled }}
        {{- include "shareflow.temporalMount" . | nindent 8 }}
        {{- end }}
  volumes:
    {{- include "shareflow.volumes" . | nindent 4 }}
    {{- if not .Values.workerController.enabled }}
    {{- include "shareflow.temporalVolume" . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- /* KEDA and the Worker Controller come to Temporal in clear or by a client certificate. */ -}}
{{- define "shareflow.certificateOrClear" -}}
{{- if and (or .tls.enabled .tls.secret) (not (and .tls.secret .tls.clientCertificate)) -}}
{{- fail (printf "%s needs temporal.tls.secret with a client certificate, or no TLS" .who) -}}
{{- end -}}
{{- end -}}

{{- /* How many workers KEDA wants; whose backlog it asks for, the Worker Controller fills in for each build. */ -}}
{{- define "shareflow.scaling" -}}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) }}
{{- fail "autoscaling.minReplicas is larger than autoscaling.maxReplicas" }}
{{- end -}}
{{- include "shareflow.certificateOrClear" (dict "tls" .Values.temporal.tls "who" "autoscaling") -}}
minReplicaCount: {{ .Values.autoscaling.minReplicas }}
maxReplicaCount: {{ .Values.autoscaling.maxReplicas }}
cooldownPeriod: 300
triggers:
  - type: temporal
    metadata:
      endpoint: {{ .Values.temporal.address | quote }}
      taskQueue: shareflow
      targetQueueSize: {{ .Values.autoscaling.targetQueueSize | quote }}
      {{- if .Values.workerController.enabled }}
      namespace: ""
      workerDeploymentName: ""
      workerDeploymentBuildId: ""
      {{- else }}
      namespace: {{ .Values.temporal.namespace | quote }}
      {{- end }}
      {{- with .Values.temporal.tls.serverName }}
      tlsServerName: {{ . | quote }}
      {{- end }}
    {{- if .Values.temporal.tls.secret }}
    authenticationRef: {name: {{ include "shareflow.name" . }}-temporal}
    {{- end }}
{{- end -}}
