import { BlockList, isIP } from 'node:net';
import { UNIX_PEER } from '../core/unix-address.ts';

/**
 * Compiles addresses and CIDR blocks, which the config has checked, into one function that says whether an address is
 * among them. `unix` is the address of all who come by a unix socket.
 */
export function createAddressList(entries: readonly string[]): (address: string) => boolean {
  if (entries.length === 0) return () => false;
  const list = new BlockList();
  const hasUnix = entries.includes(UNIX_PEER);
  for (const entry of entries) {
    if (entry === UNIX_PEER) continue;
    const [address, bits] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const kind = isIP(address);
    if (kind === 0) return hasUnix && address === UNIX_PEER;
    return list.check(address, kind === 6 ? 'ipv6' : 'ipv4');
  };
}
