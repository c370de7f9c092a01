{{/* What the schema cannot say in a sentence: values that contradict each other, of which one would be ignored. */}}
{{- define "emissary.checks" -}}
{{- if and .Values.jobs.namespace .Values.jobs.allNamespaces }}
{{- fail (printf "jobs.namespace (%s) and jobs.allNamespaces exclude each other" .Values.jobs.namespace) }}
{{- end }}
{{- range list "webhook" "page" }}
{{- $of := get $.Values . }}
{{- if and $of.enabled (eq (int $of.port) 8080) }}
{{- fail (printf "%s.port cannot be 8080: probes and metrics are answered there" .) }}
{{- end }}
{{- end }}
{{- if and .Values.webhook.enabled .Values.page.enabled (eq (int .Values.webhook.port) (int .Values.page.port)) }}
{{- fail (printf "webhook.port and page.port are both %d" (int .Values.page.port)) }}
{{- end }}
{{- if and .Values.serviceAccount.annotations (not .Values.serviceAccount.create) }}
{{- fail "serviceAccount.annotations need serviceAccount.create: an account that is there keeps its own" }}
{{- end }}
{{- $settings := include "emissary.settings" . | fromYaml }}
{{- range .Values.env }}
{{- $value := get $settings .name }}
{{- if $value }}
{{- fail (printf "env cannot have %s: %s sets it" .name $value) }}
{{- end }}
{{- end }}
{{- $labels := include "emissary.labels" . | fromYaml }}
{{- include "emissary.ownKeys" (dict "own" $labels "value" "podLabels" "given" .Values.podLabels) }}
{{- range list "serviceMonitor" "prometheusRule" "dashboard" }}
{{- $given := (get $.Values.metrics .).labels }}
{{- include "emissary.ownKeys" (dict "own" $labels "value" (printf "metrics.%s.labels" .) "given" $given) }}
{{- end }}
{{- $annotations := dict "kubectl.kubernetes.io/default-container" "" }}
{{- include "emissary.ownKeys" (dict "own" $annotations "value" "podAnnotations" "given" .Values.podAnnotations) }}
{{- end -}}

{{/* @param own keys that the chart sets itself, value the name of a value, given what it is */}}
{{- define "emissary.ownKeys" -}}
{{- range $key, $_ := .own }}
{{- if hasKey ($.given | default dict) $key }}
{{- fail (printf "%s cannot have %s: it is the chart's own" $.value $key) }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Variables of the operator whose options the chart sets, which count more: by which value. */}}
{{- define "emissary.settings" -}}
EMISSARY_ALL_NAMESPACES: jobs.allNamespaces
EMISSARY_CLOUD_EVENTS: cloudEvents.url
EMISSARY_IMAGE: emissaryImage
EMISSARY_INSECURE_REGISTRIES: webhook.insecureRegistries
EMISSARY_LEASE_SECONDS: leaseSeconds
EMISSARY_LOG_FORMAT: logFormat
EMISSARY_NAMESPACE: jobs.namespace
EMISSARY_PAGE_PORT: page.port
EMISSARY_PAGE_TLS: page.tlsSecret
EMISSARY_PROBES_PORT: metrics
EMISSARY_REPORT_SECRET: webhook.reportSecret
EMISSARY_WEBHOOK_CONFIGURATION: webhook
EMISSARY_WEBHOOK_PORT: webhook.port
EMISSARY_WEBHOOK_RESOURCES: webhook.resources
EMISSARY_WEBHOOK_SERVICE: webhook
EMISSARY_WEBHOOK_URL: webhook.url
{{- end -}}
