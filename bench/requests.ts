/** The requests of the rows, byte for byte as wrk sends them. */

/** What a 14-line head is filled up to. */
const BROWSER_HEAD_BYTES = 1024;
const SESSION = '5f0c8a1e94d7b26303ce7fa1d8594be2';

/** How many different requests a row cycles through that must not repeat itself soon. */
const VARIETY = 512;

export function bareGet(host: string, target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
}

export function closingGet(host: string, target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
}

export function post(host: string, target: string, bodyBytes: number): string {
  const head = `POST ${target} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/octet-stream\r\n`;
  return `${head}Content-Length: ${bodyBytes}\r\n\r\n${'y'.repeat(bodyBytes)}`;
}

/** A browser asking whether what it has is still right. */
export function revalidation(host: string, target: string): string {
  return browserGet(host, target).replace('\r\nReferer:', '\r\nIf-None-Match: "5f0c8a1e-32"\r\nReferer:');
}

/** The head of a fetch as Chrome sends it: 14 header lines, 1,024 bytes in all, the cookie as long as that needs. */
export function browserGet(host: string, target: string, session = SESSION): string {
  const head =
    `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\nsec-ch-ua-platform: "Linux"\r\n` +
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n' +
    'Accept: application/json, text/plain, */*\r\n' +
    'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"\r\n' +
    'sec-ch-ua-mobile: ?0\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n' +
    `Referer: http://${host}/products/outdoor/tents?page=2&sort=price\r\n` +
    'Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9,de;q=0.8\r\n' +
    `Cookie: session=${session}; theme=dark; consent=necessary; cart=`;
  return `${head}${'c4'.repeat(BROWSER_HEAD_BYTES).slice(0, BROWSER_HEAD_BYTES - head.length - 4)}\r\n\r\n`;
}

/** Browser heads of many users: target and cookie differ in each, so that nothing of the last head can be reused. */
export function variedGets(host: string, bytes: number): string[] {
  return Array.from({ length: VARIETY }, (_, index) => {
    const session = index.toString(16).padStart(4, '0') + SESSION.slice(4);
    return browserGet(host, `/items/${1000 + index}/${bytes}`, session);
  });
}
