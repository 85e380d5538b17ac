package main

import (
	"fmt"
	"hash/fnv"
	"io"

	"gclean/internal/dockerlint"
	"gclean/internal/visible"
)

// What of SARIF 2.1.0 is written: https://docs.oasis-open.org/sarif/sarif/v2.1.0/.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string       `json:"id"`
		ShortDescription sarifText    `json:"shortDescription"`
		FullDescription  sarifText    `json:"fullDescription"`
		Help             sarifText    `json:"help"`
		Configuration    sarifSetting `json:"defaultConfiguration"`
	}
	sarifSetting struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Related      []sarifLocation   `json:"relatedLocations,omitempty"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
		Message  *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
)

// related says what is in the other line of a finding.
func related(r dockerlint.Rule) string {
	if r == dockerlint.CachesCopied {
		return "fills the caches"
	}
	return "cleans in a later layer"
}

// writeSARIF writes one log with one run.
func writeSARIF(w io.Writer, files []checked) error {
	driver := sarifDriver{Name: "gclean-lint-dockerfile", Version: version()}
	for _, r := range dockerlint.Rules() {
		driver.Rules = append(driver.Rules, sarifRule{r.Code(), sarifText{r.Summary()}, sarifText{r.Summary()}, sarifText{r.Advice()}, sarifSetting{r.Level()}})
	}
	at := func(path string, line int) sarifLocation {
		l := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{uri(path)}}}
		if line > 0 {
			l.Physical.Region = &sarifRegion{line}
		}
		return l
	}
	invocation := sarifInvocation{Successful: true}
	results := []sarifResult{}
	for _, c := range files {
		for _, p := range c.problems() {
			invocation.Successful = false
			invocation.Notifications = append(invocation.Notifications, sarifNotification{
				"error", sarifText{visible.Redact(p.Err.Error())}, []sarifLocation{at(c.path, p.Line)},
			})
		}
		seen := map[string]int{}
		for _, f := range c.Findings {
			r := sarifResult{
				RuleID: f.Rule.Code(), RuleIndex: int(f.Rule), Level: f.Rule.Level(), Message: sarifText{visible.Redact(f.Message)},
				Locations: []sarifLocation{at(c.path, f.Line)}, Fingerprints: map[string]string{},
			}
			if f.Related > 0 {
				other := at(c.path, f.Related)
				other.Message = &sarifText{related(f.Rule)}
				r.Related = []sarifLocation{other}
			}
			// Which of them it is stays the same when lines above are added.
			key := f.Rule.Code() + "\n" + f.Stage
			seen[key]++
			h := fnv.New64a()
			fmt.Fprintf(h, "%s\n%s\n%d", uri(c.path), key, seen[key])
			r.Fingerprints["gclean/v1"] = fmt.Sprintf("%016x", h.Sum64())
			results = append(results, r)
		}
	}
	return encode(w, sarifLog{
		Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", Version: "2.1.0",
		Runs: []sarifRun{{sarifTool{driver}, []sarifInvocation{invocation}, "utf16CodeUnits", results}},
	})
}
