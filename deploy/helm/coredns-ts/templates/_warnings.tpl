{{/*
What NOTES.txt says beside where it is: values that the chart does not know, one a line, and a limit of processor time. `known` is
known.json, `value` what lies there, `at` where that is.
*/}}
{{- define "dns.unknown" -}}
{{- $at := .at -}}
{{- if and (kindIs "map" .known) (kindIs "map" .value) -}}
{{- $known := .known -}}
{{- range $key, $value := .value -}}
{{- $place := printf "%s%s%s" $at (ternary "." "" (ne $at "")) $key -}}
{{- if hasKey $known $key -}}
{{- include "dns.unknown" (dict "known" (get $known $key) "value" $value "at" $place) -}}
{{- else -}}
{{- printf "%s\n" $place -}}
{{- end -}}
{{- end -}}
{{- else if and (kindIs "slice" .known) (kindIs "slice" .value) -}}
{{- $known := first .known -}}
{{- range $i, $value := .value -}}
{{- include "dns.unknown" (dict "known" $known "value" $value "at" (printf "%s[%d]" $at $i)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "dns.warnings" -}}
{{- $known := .Files.Get "known.json" | fromJson -}}
{{- with include "dns.unknown" (dict "known" $known "value" .Values "at" "") | trim }}
WARNING: the chart does not know these values, and does nothing with them:
{{ indent 2 . }}
{{ end }}
{{- $limits := .Values.resources.limits | default dict -}}
{{- with $limits.cpu }}
WARNING: the limit of {{ . }} of a processor makes every answer wait once it is used up. The chart sets none. To take it away:
  --set resources.limits.cpu=null
{{ end }}
{{- if and $limits.memory (has (toString $limits.memory) (list "128Mi" "64Mi" "100Mi" "134217728")) }}
WARNING: {{ $limits.memory }} of memory are less than a cluster of 10,000 services needs. The chart sets 170Mi.
{{ end }}
{{- end -}}
