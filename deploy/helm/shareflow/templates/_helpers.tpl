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

{{- define "shareflow.image" -}}
{{- $named := printf "%s:%s" .Values.image.repository (include "shareflow.tag" .) -}}
{{- with .Values.image.digest }}{{ $named = printf "%s@%s" $named . }}{{ end -}}
{{- $named -}}
{{- end -}}

{{- define "shareflow.build" -}}
{{- $digest := trunc 12 (trimPrefix "sha256:" .Values.image.digest) -}}
{{- .Values.workerController.buildId | default .Values.image.tag | default $digest | default .Chart.AppVersion -}}
{{- end -}}

{{- /* The name that Temporal has for the workers, as the Worker Controller makes it of theirs. */ -}}
{{- define "shareflow.deployment" -}}
{{- printf "%s/%s-worker" .Release.Namespace (include "shareflow.name" .) -}}
{{- end -}}

{{- /* How many Mi an amount of memory is. */ -}}
{{- define "shareflow.mebibytes" -}}
{{- if hasSuffix "Gi" . }}{{ mul 1024 (int (trimSuffix "Gi" .)) }}{{ else }}{{ int (trimSuffix "Mi" .) }}{{ end -}}
{{- end -}}

{{- /* Resources that can be: a dict with them as "of" and the place of the values as "named". */ -}}
{{- define "shareflow.resources" -}}
{{- $least := int (include "shareflow.mebibytes" .of.requests.memory) -}}
{{- if lt (int (include "shareflow.mebibytes" .of.limits.memory)) $least -}}
{{- fail (printf "%s.limits.memory is smaller than %s.requests.memory" .named .named) -}}
{{- end -}}
{{- toYaml .of -}}
{{- end -}}

{{- define "shareflow.peers" -}}
{{- if . }}
{{- toYaml . }}
{{- else -}}
- namespaceSelector: {}
{{- end }}
{{- end -}}
