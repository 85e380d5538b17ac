module gclean

go 1.26.8

require (
	github.com/dsnet/compress v0.0.1
	github.com/klauspost/compress v1.20.3
)
