/** Keys of other programs' TLS, by ours, in the maps that have it. `a b` are several words. */

const CERTIFICATE_WORDS =
  'ssl https cert certs certificate certificates crt certfile keyfile sslcertificate sslcertificatekey';
const CLIENT_CERTIFICATE_WORDS =
  'clientcertificate clientcertificates clientca clientcas clientauth clientverify mtls mutualtls sslverifyclient sslclientcertificate verifyclient';
const PASSTHROUGH_WORDS = 'passthrough tlspassthrough sslpassthrough sslpreread sni snirouting';
const FIXED_CIPHERS = 'Which ciphers there are is fixed: take it out.';

/** At the top level, and in a route. */
export const TLS_ELSEWHERE: Readonly<Record<string, string>> = {
  [`tls sslprotocols sslciphers ${CERTIFICATE_WORDS}`]: 'It stands in a listener, beside its address: tls.',
  [PASSTHROUGH_WORDS]: 'It stands in the tls of a listener: passthrough, with names and their pools.',
  [CLIENT_CERTIFICATE_WORDS]: 'It stands in a listener, within its tls: clientCertificate.',
};

/** Beside the address of a listener. */
export const TLS_OF_LISTENERS: Readonly<Record<string, string>> = {
  [CERTIFICATE_WORDS]: 'Write tls, e.g. tls: { certificates: example.com.pem }.',
  'acme letsencrypt certresolver autohttps': 'Write tls, e.g. tls: { acme: [www.example.com] }.',
  'sslprotocols minversion sslminver': "Write tls, e.g. tls: { certificates: example.com.pem, minVersion: '1.3' }.",
  'sslciphers ciphers ciphersuites': FIXED_CIPHERS,
  [CLIENT_CERTIFICATE_WORDS]:
    'Write tls, e.g. tls: { certificates: example.com.pem, clientCertificate: { ca: clients.pem } }.',
  'ticketkeys sslsessionticketkey tlsticketkeys':
    'Write tls, e.g. tls: { certificates: example.com.pem, ticketKeys: tickets.key }.',
  [PASSTHROUGH_WORDS]: 'Write tls, and in it passthrough with names and their pools.',
};

/** In a pool. */
export const TLS_OF_POOLS: Readonly<Record<string, string>> = {
  'ssl https cert ca cacert cafile tlsca proxyssl backendtls upstreamtls serverstransport':
    'Write tls, e.g. tls: { ca: ./internal-ca.pem }.',
  'insecureskipverify insecure tlsinsecureskipverify secure': 'Write tls, e.g. tls: { verify: off }.',
  'sni servername sslname proxysslname': 'Write tls, e.g. tls: { name: api.internal }.',
};

/** At the top level. */
export const OF_ACME_BESIDE_LISTENERS: Readonly<Record<string, string>> = {
  'letsencrypt certificatesresolvers certresolver autohttps certbot':
    'Write the names in tls.acme of a listener, and acme beside listeners, e.g. acme: { email: ops@example.com, terms: agreed }.',
  'statefolder datadir statedirectory storage acmestorage': 'Write stateDir, e.g. stateDir: /var/lib/fairlead.',
};

export const OF_TLS_MAPS: Readonly<
  Record<'ListenerTls' | 'Certificate' | 'ClientCertificate' | 'Acme' | 'PoolTls', Readonly<Record<string, string>>>
> = {
  ListenerTls: {
    'cert certs certificate crt pem file files path chain fullchain key keyfile privatekey certfile sslcertificate sslcertificatekey pkcs12 pfx':
      'Write certificates, e.g. certificates: { cert: example.com.crt, key: example.com.key }.',
    'maxversion sslmaxver maxprotocolversion': 'The newest version that both sides know is spoken: take it out.',
    'ciphers ciphersuites sslciphers curves curvepreferences ecdhcurve sslecdhcurve groups preferserverciphers honorcipherorder dhparam':
      FIXED_CIPHERS,
    'protocols protocol sslprotocols versions version sslminver minprotocolversion':
      "Write minVersion, e.g. minVersion: '1.3', certificates: example.com.pem.",
    'strictsni snistrict': 'Write unknownName, e.g. unknownName: refuse, certificates: example.com.pem.',
    'sessiontickets sessioncache sessiontimeout sslsessioncache sslsessiontimeout':
      'Sessions are resumed by themselves: take it out.',
    'sessionticketkeys sessionticketkey ticketkey sslsessionticketkey tlsticketkeys':
      'Write ticketKeys, a file with lines of openssl rand -base64 48, e.g. ticketKeys: tickets.key, certificates: example.com.pem.',
    'clientcertificates clientca clientcas clientauth clientverify mtls mutualtls ca cafile cafiles trustedca sslverifyclient sslclientcertificate verifyclient verify requireclientcert requestcert':
      'Write clientCertificate, e.g. clientCertificate: { ca: clients.pem }, certificates: example.com.pem.',
    'stapling ocspstapling ocsp sslstapling':
      'Write ocsp at the certificate, e.g. certificates: { cert: a.crt, key: a.key, ocsp: a.ocsp }.',
    'defaultcertificate defaultgeneratedcert defaultcrt defaultsni fallbacksni stores':
      'The first certificate is for clients without a name, e.g. certificates: [default.pem, example.com.pem].',
    options: 'Its keys stand in tls itself: take it out.',
    'internal selfsigned localcerts': 'Certificates are files; docs/tls.md has a command that makes one for trying.',
    'timeout handshaketimeout': 'It stands in timeouts: tlsHandshake.',
    'tlspassthrough sslpassthrough sslpreread sni snirouting routes':
      'Write passthrough, e.g. certificates: example.com.pem, passthrough: { legacy.example.com: web }.',
    'letsencrypt certresolver autohttps domains names hosts servername servernames':
      'Write acme, and the names to get a certificate for, e.g. acme: [www.example.com].',
  },
  Acme: {
    'mail contact contacts': 'Write email, e.g. email: ops@example.com.',
    'caserver server url endpoint issuer authority provider': 'Write directory, e.g. directory: letsencrypt-staging.',
    'staging test sandbox': 'Write directory, e.g. directory: letsencrypt-staging.',
    'agree agreed tos acceptterms agreetos termsofserviceagreed': 'Write terms, e.g. terms: agreed.',
    'httpchallenge http01 http webroot': 'Write challenge, e.g. challenge: http-01.',
    'tlschallenge tlsalpn tlsalpn01 alpn': 'Write challenge, e.g. challenge: tls-alpn-01.',
    'dnschallenge dns dns01': 'A proof by DNS is not built yet: the others are http-01 and tls-alpn-01.',
    'eab kid hmac hmackey externalaccountbinding': 'Accounts that are bound to one of a customer are not built yet.',
    'storage folder path dir directorypath acmestorage': 'Certificates are kept in stateDir, which stands beside acme.',
    'domains domain names hosts servername': 'The names stand in listeners, e.g. tls: { acme: [www.example.com] }.',
    'keytype curve keysize': 'Keys are of ECDSA P-256: take it out.',
    'renew renewbefore renewal': 'It is renewed when two thirds of its life are over: take it out.',
    'certificatesduration validity lifetime': 'The authority decides: take it out.',
    'cacertificates caroot cafile cabundle root': 'Write ca, e.g. ca: internal-ca.pem.',
  },
  Certificate: {
    'certificate crt pem chain fullchain file path certfile sslcertificate': 'Write cert, e.g. cert: example.com.crt.',
    'keyfile privatekey sslcertificatekey': 'Write key, e.g. cert: example.com.crt, key: example.com.key.',
    'pfx p12 keystore': 'Write pkcs12, e.g. pkcs12: example.com.p12.',
    'passphrase password pass keypassword passwordfile sslpasswordfile':
      'Write passphraseFile, and the passphrase into that file, e.g. cert: example.com.pem, passphraseFile: example.com.pass.',
    'name names domain domains host hosts hostname hostnames sni servername':
      'The names stand in the certificate itself: take it out.',
    default: 'The first certificate is for clients without a name: put it there.',
    'stapling ocspstapling ocspfile sslstaplingfile': 'Write ocsp, e.g. cert: example.com.pem, ocsp: example.com.ocsp.',
  },
  ClientCertificate: {
    'cafile cafiles cas authority authorities trustedca trustedcas trustpool rootcas sslclientcertificate clientca certificate cert':
      'Write ca, e.g. ca: clients.pem.',
    'verify required mode clientauthtype sslverifyclient optional requireclientcert rejectunauthorized':
      'Write require, e.g. require: off, ca: clients.pem.',
    'crlfile sslcrl revoked revocationlist': 'Write crl, e.g. ca: clients.pem, crl: clients.crl.',
    'name host hosts hostname hostnames domain domains sni servername servernames':
      'Write names, e.g. names: [api.example.com], ca: clients.pem.',
    'header headers passtlsclientcert forwardclientcert xfcc': 'Write forward, e.g. forward: on, ca: clients.pem.',
    'depth verifydepth sslverifydepth': 'How long a chain may be is fixed: take it out.',
  },
  PoolTls: {
    'cacert cacerts cafile cas rootca rootcas rootcasecrets trustedca trustedcas trustedcacerts trustpool trustedcertificate tlstrustedcacerts tlstrustpool proxyssltrustedcertificate truststore bundle':
      'Write ca, e.g. ca: ./internal-ca.pem.',
    'cert certs crt pem certfile clientcert clientcertificate clientauth tlsclientauth certificates proxysslcertificate keystore':
      'Write certificate, e.g. certificate: ./client.pem, key: ./client.key.',
    'keyfile privatekey clientkey proxysslcertificatekey':
      'Write key beside the certificate, e.g. certificate: ./client.pem, key: ./client.key.',
    'servername sni sslname host hostname verifyhost tlsservername proxysslname proxysslservername authority':
      'Write name, e.g. name: api.internal.',
    'insecureskipverify insecure skipverify tlsinsecureskipverify rejectunauthorized secure verification verifypeer proxysslverify':
      'Write verify, e.g. verify: off.',
    'protocols protocol versions version sslminver minprotocolversion proxysslprotocols':
      "Write minVersion, e.g. minVersion: '1.3'.",
    'maxversion sslmaxver maxprotocolversion': 'The newest version that both sides know is spoken: take it out.',
    'ciphers ciphersuites curves curvepreferences groups sigalgs proxysslciphers dhparam': FIXED_CIPHERS,
    'sessionreuse sessioncache sessiontickets proxysslsessionreuse disablesessiontickets':
      'Sessions are resumed by themselves: take it out.',
    'timeout handshaketimeout': 'timeouts.connect of the pool holds for the handshake as well.',
    'passphrase passphrasefile password proxysslpasswordfile':
      'Its key is read without a passphrase: write it so into a file that Fairlead alone can read.',
  },
};
