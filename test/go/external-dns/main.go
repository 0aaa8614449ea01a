// external-dns's own provider for CoreDNS, for the tests: changes from the standard input, as JSON, go into the etcd of ETCD_URLS, and what
// it reads there afterwards is printed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"

	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/pkg/apis/externaldns"
	"sigs.k8s.io/external-dns/plan"
	"sigs.k8s.io/external-dns/provider/coredns"
)

type record struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	TTL     int64    `json:"ttl"`
	Targets []string `json:"targets"`
}

func endpoints(records []record) []*endpoint.Endpoint {
	made := []*endpoint.Endpoint{}
	for _, each := range records {
		one := endpoint.NewEndpointWithTTL(each.Name, each.Type, endpoint.TTL(each.TTL), each.Targets...)
		one.Labels = endpoint.Labels{}
		made = append(made, one)
	}
	return made
}

func run() error {
	var said struct {
		Create []record `json:"create"`
		Delete []record `json:"delete"`
	}
	if err := json.NewDecoder(os.Stdin).Decode(&said); err != nil {
		return err
	}
	ctx := context.Background()
	config := &externaldns.Config{CoreDNSPrefix: "/skydns/", TXTOwnerID: "me"}
	provider, err := coredns.New(ctx, config, endpoint.NewDomainFilter([]string{"sky.test"}))
	if err != nil {
		return err
	}
	if err := provider.ApplyChanges(ctx, &plan.Changes{Create: endpoints(said.Create), Delete: endpoints(said.Delete)}); err != nil {
		return err
	}
	found, err := provider.Records(ctx)
	if err != nil {
		return err
	}
	lines := []string{}
	for _, each := range found {
		lines = append(lines, fmt.Sprintf("%s %s %s", each.DNSName, each.RecordType, each.Targets))
	}
	sort.Strings(lines)
	for _, line := range lines {
		fmt.Println(line)
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
