{{/*
What the server blocks listen on, as JSON: {"ports": [{port, servicePort, udp, tcp, nodePort, hostPort}], "metrics": [port],
"health": port, "ready": port, "apis": [{port, name, served}]}. Blocks of one port are put together. An API is that of `admin` or of `registry`;
that of a registry is for the cluster, and so a port of the service.
*/}}
{{- define "dns.listening" -}}
{{- $ports := dict -}}
{{- $metrics := list -}}
{{- $apis := list -}}
{{- $health := 8080 -}}
{{- $ready := 8181 -}}
{{- range .Values.servers -}}
  {{- $number := .port | default 53 | int -}}
  {{- $key := printf "%05d" $number -}}
  {{- $service := .servicePort | default $number | int -}}
  {{- $seen := get $ports $key | default (dict "port" $number "servicePort" $service "udp" false "tcp" false) -}}
  {{- range .zones | default (list dict) -}}
    {{- $zone := . | default dict -}}
    {{- $scheme := $zone.scheme | default "dns://" -}}
    {{- if eq $scheme "dns://" -}}
      {{- $_ := set $seen "udp" true -}}
      {{- if $zone.use_tcp -}}{{- $_ := set $seen "tcp" true -}}{{- end -}}
    {{- else if has $scheme (list "quic://" "https3://") -}}
      {{- $_ := set $seen "udp" true -}}
    {{- else -}}
      {{- $_ := set $seen "tcp" true -}}
    {{- end -}}
  {{- end -}}
  {{- with .nodePort -}}{{- $_ := set $seen "nodePort" (int .) -}}{{- end -}}
  {{- if and .hostPort (not $.Values.hostNetwork) -}}{{- $_ := set $seen "hostPort" (int .hostPort) -}}{{- end -}}
  {{- $_ := set $ports $key $seen -}}
  {{- range .plugins -}}
    {{- $said := regexFind "[0-9]+$" (toString (.parameters | default "")) -}}
    {{- if eq .name "prometheus" -}}{{- $metrics = append $metrics ($said | default "9153" | int) -}}{{- end -}}
    {{- $listens := regexFind ":[0-9]+$" (regexFind "(?m)^\\s*listen +\\S+:[0-9]+" (.configBlock | default "")) | trimPrefix ":" -}}
    {{- if and (eq .name "admin") $said (hasPrefix "https://" (toString .parameters)) -}}
      {{- $apis = append $apis (dict "port" (int $said) "name" "admin" "served" false) -}}
    {{- else if and (eq .name "registry") $listens -}}
      {{- $apis = append $apis (dict "port" (int $listens) "name" "registry" "served" true) -}}
    {{- end -}}
    {{- if and (eq .name "health") $said -}}{{- $health = int $said -}}{{- end -}}
    {{- if and (eq .name "ready") $said -}}{{- $ready = int $said -}}{{- end -}}
  {{- end -}}
{{- end -}}
{{- $list := list -}}
{{- range $key := keys $ports | sortAlpha -}}{{- $list = append $list (get $ports $key) -}}{{- end -}}
{{- dict "ports" $list "metrics" ($metrics | uniq) "health" $health "ready" $ready "apis" ($apis | uniq) | toJson -}}
{{- end -}}

{{/* The ports of the container. */}}
{{- define "dns.containerPorts" -}}
{{- $listening := include "dns.listening" . | fromJson -}}
{{- $taken := list -}}
{{- range $listening.ports }}
{{- $host := .hostPort }}
{{- $port := int .port }}
{{- if .udp }}
- {containerPort: {{ $port }}, protocol: UDP, name: udp-{{ $port }}{{ with $host }}, hostPort: {{ int . }}{{ end }}}
{{- end }}
{{- if .tcp }}
{{- $taken = append $taken $port }}
- {containerPort: {{ $port }}, protocol: TCP, name: tcp-{{ $port }}{{ with $host }}, hostPort: {{ int . }}{{ end }}}
{{- end }}
{{- end }}
{{- range $listening.metrics }}
{{- if not (has (int .) $taken) }}
{{- $taken = append $taken (int .) }}
- {containerPort: {{ int . }}, protocol: TCP, name: tcp-{{ int . }}}
{{- end }}
{{- end }}
{{- range $listening.apis }}
{{- if not (has (int .port) $taken) }}
- {containerPort: {{ int .port }}, protocol: TCP, name: {{ .name }}}
{{- end }}
{{- end }}
{{- end -}}

{{/* The ports of the service. */}}
{{- define "dns.servicePorts" -}}
{{- range (include "dns.listening" . | fromJson).ports }}
{{- $end := printf "port: %d, targetPort: %d" (int .servicePort) (int .port) }}
{{- with .nodePort }}{{ $end = printf "%s, nodePort: %d" $end (int .) }}{{ end }}
{{- if .udp }}
- {name: udp-{{ int .port }}, protocol: UDP, {{ $end }}}
{{- end }}
{{- if .tcp }}
- {name: tcp-{{ int .port }}, protocol: TCP, {{ $end }}}
{{- end }}
{{- end }}
{{- range (include "dns.listening" . | fromJson).apis }}
{{- if .served }}
- {name: {{ .name }}, protocol: TCP, port: {{ int .port }}, targetPort: {{ int .port }}}
{{- end }}
{{- end }}
{{- end -}}
