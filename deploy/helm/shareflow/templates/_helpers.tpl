{{- define "shareflow.name" -}}
{{- $name := ternary .Release.Name (printf "%s-shareflow" .Release.Name) (contains "shareflow" .Release.Name) -}}
{{- trunc 40 $name | trimSuffix "-" -}}
{{- end -}}

{{- /* What its pods are told apart by: a dict with the top as "at" and the part of the product as "part". */ -}}
{{- define "shareflow.selector" -}}
app.kubernetes.io/name: shareflow
app.kubernetes.io/instance: {{ .at.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "shareflow.labels" -}}
{{ include "shareflow.selector" . }}
app.kubernetes.io/version: {{ .at.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .at.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .at.Chart.Name .at.Chart.Version }}
{{- end -}}

{{- define "shareflow.tag" -}}
{{- .Values.image.tag | default .Chart.AppVersion -}}
{{- end -}}

{{- define "shareflow.build" -}}
{{- .Values.workerController.buildId | default (include "shareflow.tag" .) -}}
{{- end -}}

{{- /* The name that Temporal has for the workers, as the Worker Controller makes it of theirs. */ -}}
{{- define "shareflow.deployment" -}}
{{- printf "%s/%s-worker" .Release.Namespace (include "shareflow.name" .) -}}
{{- end -}}

{{- define "shareflow.peers" -}}
{{- if . }}
{{- toYaml . }}
{{- else -}}
- namespaceSelector: {}
{{- end }}
{{- end -}}
