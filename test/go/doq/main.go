// A client of DNS over QUIC on quic-go: loads a server, shakes hands, keeps connections idle, asks in 0-RTT. It knows RFC 9250 as far as
// questions go, and prints one line a mode for who compares.
package main

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"
)

var (
	address  = flag.String("address", "127.0.0.1:853", "the server")
	name     = flag.String("name", "a.test", "its name in TLS")
	conns    = flag.Int("connections", 4, "how many connections")
	parallel = flag.Int("parallel", 16, "questions at once on each")
	seconds  = flag.Float64("seconds", 3, "for how long")
)

// question is a message with its length: a name of example.org, type A, id 0.
func question(i int) []byte {
	message := []byte{0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	message = append(message, fmt.Sprintf("\x06n%05d\x07example\x03org\x00", i%10000)...)
	message = append(message, 0, 1, 0, 1)
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)
}

// ask sends one question on a stream of its own and reads all of the answer.
func ask(ctx context.Context, conn *quic.Conn, i int) error {
	stream, err := conn.OpenStreamSync(ctx)
	if err != nil {
		return err
	}
	if until, ok := ctx.Deadline(); ok {
		stream.SetDeadline(until)
	}
	if _, err = stream.Write(question(i)); err != nil {
		return err
	}
	stream.Close()
	answer, err := io.ReadAll(stream)
	if err != nil {
		return err
	}
	if len(answer) < 14 || int(binary.BigEndian.Uint16(answer)) != len(answer)-2 || answer[2] != 0 || answer[3] != 0 {
		return errors.New("the answer is none")
	}
	return nil
}

func settings() (*tls.Config, *quic.Config) {
	return &tls.Config{
			InsecureSkipVerify: true, NextProtos: []string{"doq"}, ServerName: *name, ClientSessionCache: tls.NewLRUClientSessionCache(100),
		}, &quic.Config{MaxIdleTimeout: time.Minute}
}

func dial() (*quic.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	secure, config := settings()
	return quic.DialAddr(ctx, *address, secure, config)
}

// repeat runs work in so many goroutines until the time is over, and prints how often it went well.
func repeat(what string, workers int, work func(worker, round int) error) {
	var good, bad atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	end := began.Add(time.Duration(*seconds * float64(time.Second)))
	for worker := range workers {
		all.Go(func() {
			for round := 0; time.Now().Before(end); round++ {
				if err := work(worker, round); err != nil {
					if bad.Add(1) < 4 {
						fmt.Fprintln(os.Stderr, err)
					}
				} else {
					good.Add(1)
				}
			}
		})
	}
	all.Wait()
	fmt.Printf("%s %d failed %d seconds %.3f\n", what, good.Load(), bad.Load(), time.Since(began).Seconds())
}

func load() error {
	open := make([]*quic.Conn, *conns)
	for i := range open {
		conn, err := dial()
		if err != nil {
			return err
		}
		open[i] = conn
	}
	repeat("answers", *conns**parallel, func(worker, round int) error {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		return ask(ctx, open[worker%*conns], worker*131+round)
	})
	return nil
}

func shake() error {
	repeat("handshakes", *conns, func(worker, round int) error {
		conn, err := dial()
		if err != nil {
			return err
		}
		defer conn.CloseWithError(0, "")
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		return ask(ctx, conn, worker+round)
	})
	return nil
}

// idle opens connections, says so, waits until its standard input ends, and asks on each once more.
func idle() error {
	open := make([]*quic.Conn, *conns)
	for i := range open {
		conn, err := dial()
		if err != nil {
			return err
		}
		if err = ask(context.Background(), conn, i); err != nil {
			return err
		}
		open[i] = conn
	}
	fmt.Printf("open %d\n", len(open))
	io.Copy(io.Discard, os.Stdin)
	good := 0
	for i, conn := range open {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		if ask(ctx, conn, i) == nil {
			good++
		}
		cancel()
	}
	fmt.Printf("still %d\n", good)
	return nil
}

func early() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	secure, config := settings()
	conn, err := quic.DialAddr(ctx, *address, secure, config)
	if err != nil {
		return err
	}
	for i := range 2 {
		if err = ask(ctx, conn, i); err != nil {
			return err
		}
	}
	conn.CloseWithError(0, "")
	if conn, err = quic.DialAddrEarly(ctx, *address, secure, config); err != nil {
		return err
	}
	if err = ask(ctx, conn, 2); err != nil {
		return err
	}
	<-conn.HandshakeComplete()
	state := conn.ConnectionState()
	fmt.Printf("early %v resumed %v\n", state.Used0RTT, state.TLS.DidResume)
	return nil
}

func main() {
	flag.Parse()
	modes := map[string]func() error{"load": load, "shake": shake, "idle": idle, "early": early}
	mode, known := modes[flag.Arg(0)]
	if !known {
		fmt.Fprintln(os.Stderr, "doq [flags] load|shake|idle|early")
		os.Exit(2)
	}
	if err := mode(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
