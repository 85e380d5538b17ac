module gclean

go 1.26.0

require (
	github.com/dsnet/compress v0.0.1
	github.com/go-json-experiment/json v1.27.2
	github.com/klauspost/compress v1.20.3
	golang.org/x/sys v0.49.0
)

require go.yaml.in/yaml/v4 v4.0.0
