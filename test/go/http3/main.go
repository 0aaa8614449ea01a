// Asks over HTTP/3 with quic-go: `http3 URL CA NAME REQUESTS WORKERS`. Prints how many answers came, over how many connections. Knows nothing
// of DNS but one question.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

var question = []byte("\x00\x00\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x01a\x04test\x00\x00\x01\x00\x01")

func ask(client *http.Client, url string, post bool) error {
	var request *http.Request
	if post {
		request, _ = http.NewRequest(http.MethodPost, url, bytes.NewReader(question))
		request.Header.Set("Content-Type", "application/dns-message")
	} else {
		request, _ = http.NewRequest(http.MethodGet, url+"?dns="+base64.RawURLEncoding.EncodeToString(question), nil)
	}
	reply, err := client.Do(request)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err == nil && (reply.StatusCode != 200 || len(body) < 40 || body[3]&15 != 0) {
		err = fmt.Errorf("status %d, %d octets", reply.StatusCode, len(body))
	}
	return err
}

func main() {
	url, name := os.Args[1], os.Args[3]
	requests, _ := strconv.Atoi(os.Args[4])
	workers, _ := strconv.Atoi(os.Args[5])
	pem, _ := os.ReadFile(os.Args[2])
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	var connections, answered atomic.Int64
	transport := &http3.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: name},
		Dial: func(ctx context.Context, addr string, config *tls.Config, quicConfig *quic.Config) (*quic.Conn, error) {
			connections.Add(1)
			return quic.DialAddrEarly(ctx, addr, config, quicConfig)
		},
	}
	client := &http.Client{Transport: transport}
	var group sync.WaitGroup
	for worker := 0; worker < workers; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := 0; i < requests/workers; i++ {
				if err := ask(client, url, i%2 == 0); err != nil {
					fmt.Println(err)
					return
				}
				answered.Add(1)
			}
		}()
	}
	group.Wait()
	transport.Close()
	fmt.Printf("%d answers over %d connections\n", answered.Load(), connections.Load())
}
