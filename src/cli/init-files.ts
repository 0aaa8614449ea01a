// What `init` writes: Corefiles to begin with, each line explained, and the files that they name. Knows texts alone.

/** What they are for. */
export const KINDS = ['home', 'lab', 'cluster', 'forwarder'] as const;
/** One of them. */
export type Kind = (typeof KINDS)[number];
/** Ports that are free here: of names and of the pages. `taken` is why names have not the usual one. */
export interface Ports {
  readonly dns: number;
  readonly health: number;
  readonly ready: number;
  readonly metrics: number;
  readonly taken: string | undefined;
}
/** What is written. */
export interface InitFiles {
  readonly corefile: string;
  /** In the same folder. */
  readonly beside: readonly { readonly name: string; readonly text: string }[];
}

/** A name that the server of a kind has an answer for. */
export const NAME_OF: Readonly<Record<Kind, string>> = {
  home: 'router.home', lab: 'www.lab.test', cluster: 'kubernetes.default.svc.cluster.local', forwarder: 'www.example.org',
};
/** The files of a kind. */
export const filesOf = (kind: Kind, ports: Ports): InitFiles => MAKERS[kind](ports);

const MAKERS: Readonly<Record<Kind, (ports: Ports) => InitFiles>> = {
  home: ({ dns }) => ({
    corefile: `# A server for the house. Let the router tell the address of this machine as the DNS server.
.:${dns} {
    errors

    # The last questions, for: coredns-ts queries, coredns-ts top names. Remove the # where this user may write to /run/coredns-ts.
    # admin

    # Machines of the house: one line each, an address and its names. What is not there is asked of others.
    hosts home.hosts {
        fallthrough
    }

    # Names that nobody here shall reach: one a line, or a list in the form of hosts files or of an ad blocker. https://... is fetched.
    block blocked.txt {
        allow allowed.txt
    }

    # What was asked once is known for a while, and answered from there while the resolvers are away.
    cache 3600 {
        serve_stale 24h
    }

    # Everything else, encrypted: nobody on the way reads or changes it.
    forward . tls://9.9.9.9 tls://149.112.112.112 {
        tls_servername dns.quad9.net
    }
}
`,
    beside: [
      { name: 'home.hosts', text: '# an address and its names\n192.168.1.1 router.home\n' },
      { name: 'blocked.txt', text: '# one name a line, with all below it\nads.example.com\n' },
      { name: 'allowed.txt', text: '# names that are reached although a list blocks them\nnot-an-ad.ads.example.com\n' },
    ],
  }),
  lab: ({ dns }) => ({
    corefile: `# A zone of one's own, and everything else as this machine asks it.
lab.test:${dns} {
    # What went wrong, and each question with its answer.
    errors
    log

    # The zone's records. A change is taken as soon as the serial of the SOA record is raised; with serial auto that is done for you.
    file lab.test.zone {
        reload 5s
        serial auto
    }
}

.:${dns} {
    errors

    # Known for half a minute at most.
    cache 30

    # The resolvers of this machine.
    forward . /etc/resolv.conf
}
`,
    beside: [{
      name: 'lab.test.zone', text: `$ORIGIN lab.test.
$TTL 60
@       SOA  ns hostmaster 1 7200 3600 1209600 60
        NS   ns
ns      A    127.0.0.1
www     A    192.0.2.80
*.dev   A    192.0.2.90
`,
    }],
  }),
  cluster: ({ dns, health, ready, metrics }) => ({
    corefile: `# What a cluster asks, as kubeadm sets it up. Inside the cluster nothing has to be said of the API.
.:${dns} {
    errors

    # GET /health: 200 while it lives; the end waits five seconds for those who still ask.
    health :${health} {
        lameduck 5s
    }

    # GET /ready: 200 once the cluster was read.
    ready :${ready}

    # Services, endpoints and pods. Outside of the cluster: kubeconfig FILE in place of the service account.
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }

    # GET /metrics for Prometheus.
    prometheus :${metrics}

    # Everything else, as the node asks it.
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }

    # What changes in the cluster is forgotten at once, whatever its TTL.
    cache 30

    # Stops where the forwarding leads back here, looks for another Corefile, and spreads addresses over those who ask.
    loop
    reload
    loadbalance
}
`,
    beside: [],
  }),
  forwarder: ({ dns, health, ready, metrics }) => ({
    corefile: `# One cache in front of two resolvers.
.:${dns} {
    errors

    # GET /health and /ready for whoever watches it, GET /metrics for Prometheus.
    health :${health}
    ready :${ready}
    prometheus :${metrics}

    # Kept for an hour at most; names that are asked for often are asked again before they end, and what ended is answered while
    # nobody else can answer.
    cache 3600 {
        prefetch 10 1m
        serve_stale 1h
    }

    # Asked in turn; one that does not answer is passed over until it does.
    forward . 9.9.9.9 149.112.112.112 {
        health_check 5s
        max_concurrent 5000
    }

    # Another Corefile is taken without a restart.
    reload
}
`,
    beside: [],
  }),
};
