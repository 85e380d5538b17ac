package meta

import "gclean/internal/fixture"

var must = fixture.Must
