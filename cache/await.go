package cache

import (
	"context"
	"errors"
	"slices"
	"time"

	"gclean/cache/hold"
)

// awaitPoll is how often Await checks whether an installer still runs.
const awaitPoll = time.Second

// Await waits, at most timeout, until the installers that keep entries of p end. It returns
// a new plan, or p itself if no installer keeps anything. It calls waiting once for each
// installer that it waits for.
func (o Options) Await(ctx context.Context, p *Plan, timeout time.Duration, waiting func(hold.Installer)) (*Plan, error) {
	deadline := time.Now().Add(timeout)
	told := map[int]bool{}
	for {
		blockers := p.blockers()
		if len(blockers) == 0 || !time.Now().Before(deadline) {
			return p, nil
		}
		for _, i := range blockers {
			if !told[i.PID] && waiting != nil {
				waiting(i)
			}
			told[i.PID] = true
		}
		for o.runs(blockers) && time.Now().Before(deadline) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(awaitPoll):
			}
		}
		var err error
		if p, err = o.Again(ctx, nil); err != nil {
			return nil, err
		}
	}
}

// blockers returns the installers that keep entries, each once.
func (p *Plan) blockers() []hold.Installer {
	var list []hold.Installer
	for _, k := range p.Kept {
		var by *hold.Installer
		running, fresh := (*hold.InstallerError)(nil), (*hold.FreshError)(nil)
		switch err := k.Holds[0].Err; {
		case errors.As(err, &running):
			by = &running.Installer
		case errors.As(err, &fresh):
			by = fresh.Installer
		}
		if by != nil && !slices.ContainsFunc(list, func(i hold.Installer) bool { return i.PID == by.PID }) {
			list = append(list, *by)
		}
	}
	return list
}

// runs reports whether one of the installers still runs.
func (o Options) runs(installers []hold.Installer) bool {
	sys := o.system()
	return slices.ContainsFunc(hold.Installers(sys.Processes, sys.Own), func(now hold.Installer) bool {
		return slices.ContainsFunc(installers, func(i hold.Installer) bool { return i.PID == now.PID })
	})
}
