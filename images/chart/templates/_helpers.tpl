{{/* The name of all objects: that of the release, made plain where it is another chart's. A Service's name has no dots. */}}
{{- define "emissary.name" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains "emissary" .Release.Name -}}
{{- .Release.Name | replace "." "-" | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-emissary" (.Release.Name | replace "." "-" | trunc 40 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{/* The same for objects that are in no namespace. */}}
{{- define "emissary.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "emissary.name" .) -}}
{{- end -}}

{{- define "emissary.selector" -}}
app.kubernetes.io/name: multiflexi-emissary-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "emissary.labels" -}}
{{ include "emissary.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{- end -}}

{{- define "emissary.account" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "emissary.name" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "emissary.jobsNamespace" -}}
{{- .Values.jobs.namespace | default .Release.Namespace -}}
{{- end -}}

{{/* Whether rights in the release's own namespace are not enough: "true", or nothing. */}}
{{- define "emissary.isElsewhere" -}}
{{- if or .Values.jobs.allNamespaces (ne (include "emissary.jobsNamespace" .) .Release.Namespace) -}}true{{- end -}}
{{- end -}}

{{- define "emissary.image" -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}

{{- define "emissary.emissaryImage" -}}
{{- printf "%s:%s" .Values.emissaryImage.repository (.Values.emissaryImage.tag | default .Chart.AppVersion) -}}
{{- end -}}

{{/* Which jobs: arguments. */}}
{{- define "emissary.whichJobs" -}}
{{- if .Values.jobs.allNamespaces -}}
- --all-namespaces
{{- else -}}
- --namespace
- {{ include "emissary.jobsNamespace" . | quote }}
{{- end -}}
{{- end -}}

{{- define "emissary.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "emissary.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* A binding's subject: the account of the operator. */}}
{{- define "emissary.subject" -}}
- kind: ServiceAccount
  name: {{ include "emissary.account" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}

{{/* What is there only while the release is uninstalled. @param the weight */}}
{{- define "emissary.releaseHook" -}}
helm.sh/hook: pre-delete
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded,hook-failed
{{- end -}}

{{/* What both entries of the webhook have. */}}
{{- define "emissary.webhookEntry" -}}
clientConfig:
  {{- if .Values.webhook.url }}
  url: {{ .Values.webhook.url | quote }}
  {{- else }}
  service:
    name: {{ include "emissary.name" . }}-webhook
    namespace: {{ .Release.Namespace }}
    path: /mutate
    port: 443
  {{- end }}
rules:
  - apiGroups: [""]
    apiVersions: [v1]
    resources: [pods]
    operations: [CREATE]
    scope: Namespaced
admissionReviewVersions: [v1]
sideEffects: None
matchPolicy: Equivalent
reinvocationPolicy: IfNeeded
failurePolicy: {{ .Values.webhook.failurePolicy }}
timeoutSeconds: {{ .Values.webhook.timeoutSeconds }}
{{- end -}}

{{- define "emissary.webhookNamespaces" -}}
- key: kubernetes.io/metadata.name
  operator: NotIn
  values: [kube-system, {{ .Release.Namespace }}]
{{- with .Values.webhook.namespaces }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Those that the operator makes itself are wrapped. */}}
{{- define "emissary.webhookPods" -}}
- key: emissary.multiflexi.eu/job
  operator: DoesNotExist
{{- end -}}
