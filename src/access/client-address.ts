import { BlockList, isIP } from 'node:net';

/** The networks as a list that addresses are looked up in; a bare address is a network of one. */
export function networkList(cidrs: readonly string[]): BlockList {
  const networks = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/');
    const isV4 = isIP(address) === 4;
    networks.addSubnet(address, Number(prefix ?? (isV4 ? 32 : 128)), isV4 ? 'ipv4' : 'ipv6');
  }
  return networks;
}

/** A list of IPv4 networks also has their addresses as sockets of both families write them. */
export function isListed(networks: BlockList, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  const family = isIP(plain);
  return family !== 0 && networks.check(plain, family === 4 ? 'ipv4' : 'ipv6');
}
