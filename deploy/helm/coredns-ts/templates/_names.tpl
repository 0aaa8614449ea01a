{{/* Names and labels. They equal those of the chart `coredns`, whose releases this one can upgrade: selectors cannot change. */}}

{{- define "dns.name" -}}
{{- .Values.nameOverride | default "coredns" | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "dns.fullname" -}}
{{- $name := include "dns.name" . -}}
{{- $both := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- .Values.fullnameOverride | default $both | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "dns.deployment" -}}
{{- .Values.deployment.name | default (include "dns.fullname" .) -}}
{{- end -}}

{{- define "dns.clusterRole" -}}
{{- .Values.clusterRole.nameOverride | default (include "dns.fullname" .) -}}
{{- end -}}

{{- define "dns.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "dns.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "dns.k8sApp" -}}
{{- .Values.k8sAppLabelOverride | default "coredns" | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* What selects the pods. `suffix` is "" or "-autoscaler". */}}
{{- define "dns.selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/name: {{ include "dns.name" .root }}{{ .suffix }}
{{- if .root.Values.isClusterService }}
k8s-app: {{ include "dns.k8sApp" .root }}{{ .suffix }}
{{- end }}
{{- end -}}

{{/* All labels of an object: the chart's, those of every object, and `more`. Later ones win. */}}
{{- define "dns.labels" -}}
{{- $chart := printf "%s-%s" .root.Chart.Name (.root.Chart.Version | replace "+" "_") -}}
{{- $own := dict "app.kubernetes.io/managed-by" .root.Release.Service "helm.sh/chart" $chart -}}
{{- if .root.Values.isClusterService -}}
{{- $_ := merge $own (dict "kubernetes.io/cluster-service" "true" "kubernetes.io/name" "CoreDNS") -}}
{{- end -}}
{{- toYaml (mergeOverwrite $own (include "dns.selector" . | fromYaml) (.root.Values.customLabels | default dict) (.more | default dict)) -}}
{{- end -}}

{{/* The head of an object: name, namespace unless `everywhere`, labels, annotations. */}}
{{- define "dns.metadata" -}}
name: {{ .name }}
{{- if not .everywhere }}
namespace: {{ .namespace | default .root.Release.Namespace }}
{{- end }}
labels:
  {{- include "dns.labels" (dict "root" .root "suffix" (.suffix | default "") "more" .labels) | nindent 2 }}
{{- with mergeOverwrite (dict) (.root.Values.customAnnotations | default dict) (.annotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The image: `image` (the values) by its digest where there is one, else by `tag`. */}}
{{- define "dns.image" -}}
{{- if .image.digest -}}
{{- printf "%s:%s@%s" .image.repository .tag .image.digest -}}
{{- else -}}
{{- printf "%s:%s" .image.repository .tag -}}
{{- end -}}
{{- end -}}

{{/* The numbers of a probe, whatever they were written as. */}}
{{- define "dns.probe" -}}
{{- $probe := . -}}
{{- range $word := list "initialDelaySeconds" "timeoutSeconds" "periodSeconds" "failureThreshold" "successThreshold" }}
{{- if hasKey $probe $word }}
{{ $word }}: {{ get $probe $word | int }}
{{- end }}
{{- end }}
{{- end -}}
