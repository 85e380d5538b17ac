module gclean

go 1.26.8
