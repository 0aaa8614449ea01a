{{/* The Corefile of .Values.servers and .Values.extraConfig. */}}
{{- define "dns.corefile" -}}
{{- range $word, $line := .Values.extraConfig }}
{{- $word }}{{ with ($line | default dict).parameters }} {{ . }}{{ end }}
{{ end }}
{{- range .Values.servers }}
{{- $port := .port }}
{{- $keys := list }}
{{- range .zones | default (list dict) }}
{{- $zone := . | default dict }}
{{- $where := ternary (printf ":%v" $port) "" (not (empty $port)) }}
{{- $keys = append $keys (printf "%s%s%s" ($zone.scheme | default "") ($zone.zone | default ".") $where) }}
{{- end }}
{{- join " " $keys }} {
{{- range .plugins }}
    {{ .name }}{{ if ne (toString (.parameters | default "")) "" }} {{ .parameters }}{{ end }}
{{- with .configBlock }} {
{{ . | trimSuffix "\n" | indent 8 }}
    }
{{- end }}
{{- end }}
}
{{ end }}
{{- end -}}
