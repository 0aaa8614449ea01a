// The words that a Corefile may have, in the order of the chain (ORD-1), whether they are built yet or not; our own ones among them. Knows
// names alone.

/** ORD-1. A test compares the standard plugins with it. */
export const ORDER: readonly string[] = (
  'root metadata geoip cancel proxyproto quic grpc_server https https3 timeouts connections admin console multisocket reload nsid bufsize '
  + 'bind debug trace ready health pprof shed prometheus errors log dnstap cookies ratelimit local ddr dns64 siit any chaos loadbalance '
  + 'tsig rewrite autopath acl firewall opa themis block rpz '
  + 'cache header dnssec flatten tls minimal template transfer catalog dynupdate hosts records route53 azure '
  + 'clouddns k8s_external kubernetes file auto secondary etcd consul union registry loop '
  + 'forward recursive unbound grpc erratic whoami on sign view nomad'
).split(' ');
