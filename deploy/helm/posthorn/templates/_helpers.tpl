{{- define "posthorn.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end -}}
{{- end }}

{{- define "posthorn.selector" -}}
app.kubernetes.io/name: posthorn
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "posthorn.labels" -}}
{{ include "posthorn.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end }}

{{- define "posthorn.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion }}
{{- /* Unquoted digits are a number to Helm: 20261129 arrives as the float 2.0261129e+07. */}}
{{- if kindIs "float64" $tag }}{{ $tag = $tag | int64 }}{{ end }}
{{- .Values.image.repository }}:{{ $tag }}
{{- end }}

{{- /* What every pod has: no root, nothing writable but /tmp, no rights in the cluster. */}}
{{- define "posthorn.pod" -}}
serviceAccountName: {{ .Values.serviceAccountName }}
automountServiceAccountToken: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
volumes:
  - name: tmp
    emptyDir: { sizeLimit: 64Mi }
{{- end }}

{{- define "posthorn.container" -}}
image: {{ include "posthorn.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
volumeMounts:
  - name: tmp
    mountPath: /tmp
envFrom:
  - secretRef:
      name: {{ .Values.secrets.environment }}
{{- end }}

{{- /* Helm reads numbers as floats, and would write a million as 1e+06. */}}
{{- define "posthorn.environment" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ kindIs "float64" $value | ternary (int64 $value | toString) (toString $value) | quote }}
{{- end }}
{{- end }}

{{- /* One pod of a component on each node where that can be had. */}}
{{- define "posthorn.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "posthorn.selector" . | nindent 8 }}
{{- end }}
