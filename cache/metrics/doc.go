// Package metrics writes gclean's figures for the textfile collector of the Prometheus node
// exporter.
//
//	run := metrics.Run{Version: "1.0", Started: started, Ended: ended, Plan: plan, Result: result}
//	err := run.Write(file)
//
// The caller replaces the file in one step, since the node exporter may read it at any
// time. Names of metrics follow the conventions of Prometheus.
package metrics
