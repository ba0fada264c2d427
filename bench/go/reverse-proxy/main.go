// Reverse-proxy is Go's httputil.ReverseProxy doing the work that the bench asks of every proxy: the choice of two
// endpoints at random, the one with fewer requests in flight; X-Forwarded-For and -Proto, X-Request-Id, Via;
// keep-alive to endpoints; buffers reused. It listens on -listen and sends to -endpoints (addresses by comma).
// With -routes it serves only the path prefixes in that file, a line each.
package main

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"flag"
	"log"
	mathrand "math/rand"
	"net/http"
	"net/http/httputil"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type endpoint struct {
	address  string
	inFlight int64
}

// balancer is a RoundTripper that picks the endpoint and counts its requests in flight.
type balancer struct {
	endpoints []*endpoint
	next      http.RoundTripper
}

func (b *balancer) pick() *endpoint {
	first := mathrand.Intn(len(b.endpoints))
	second := mathrand.Intn(len(b.endpoints) - 1)
	if second >= first {
		second++
	}
	one, other := b.endpoints[first], b.endpoints[second]
	if atomic.LoadInt64(&other.inFlight) < atomic.LoadInt64(&one.inFlight) {
		return other
	}
	return one
}

func (b *balancer) RoundTrip(request *http.Request) (*http.Response, error) {
	chosen := b.pick()
	request.URL.Host = chosen.address
	atomic.AddInt64(&chosen.inFlight, 1)
	defer atomic.AddInt64(&chosen.inFlight, -1)
	return b.next.RoundTrip(request)
}

// buffers lends the copy buffers of ReverseProxy, which are otherwise made for each response.
type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte       { return *b.pool.Get().(*[]byte) }
func (b *buffers) Put(buffer []byte) { b.pool.Put(&buffer) }

func main() {
	listen := flag.String("listen", "", "host:port to listen on")
	addresses := flag.String("endpoints", "", "host:port of every endpoint, by comma (two at least)")
	routes := flag.String("routes", "", "file of path prefixes, a line each")
	flag.Parse()
	mathrand.Seed(time.Now().UnixNano())

	b := &balancer{next: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true, IdleConnTimeout: time.Minute}}
	for _, address := range strings.Split(*addresses, ",") {
		b.endpoints = append(b.endpoints, &endpoint{address: address})
	}
	proxy := &httputil.ReverseProxy{
		Director:   prepare,
		Transport:  b,
		BufferPool: &buffers{sync.Pool{New: func() any { buffer := make([]byte, 32<<10); return &buffer }}},
	}
	server := &http.Server{Addr: *listen, Handler: handler(proxy, *routes), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 75 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// prepare sets what the proxy adds; ReverseProxy itself adds X-Forwarded-For and removes hop-by-hop headers.
func prepare(request *http.Request) {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		panic(err)
	}
	request.URL.Scheme = "http"
	request.Header.Del("X-Forwarded-For")
	request.Header.Set("X-Forwarded-Proto", "http")
	request.Header.Set("X-Request-Id", hex.EncodeToString(id[:]))
	request.Header.Add("Via", "1.1 go")
}

func handler(proxy http.Handler, file string) http.Handler {
	if file == "" {
		return proxy
	}
	input, err := os.Open(file)
	if err != nil {
		log.Fatal(err)
	}
	defer input.Close()
	mux := http.NewServeMux()
	lines := bufio.NewScanner(input)
	for lines.Scan() {
		mux.Handle(lines.Text()+"/", proxy)
	}
	return mux
}
