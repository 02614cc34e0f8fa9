/** A line in which tenants take turns: whoever has many waiting is served as often as who has one. */

export type TenantLine<Member> = {
  /** Returns the function that takes it out again; false: it has been served. */
  join(tenant: string, member: Member): () => boolean;
  /** The next to be served, taken out; undefined: nobody waits. */
  next(): Member | undefined;
  size(): number;
};

export function createTenantLine<Member>(): TenantLine<Member> {
  /** The tenant to be served next comes first. No tenant stands here without a member. */
  const byTenant = new Map<string, Set<{ member: Member }>>();
  let size = 0;
  return {
    join(tenant, member) {
      const place = { member };
      const own = byTenant.get(tenant) ?? new Set();
      own.add(place);
      byTenant.set(tenant, own);
      size += 1;
      return () => {
        if (!own.delete(place)) return false;
        size -= 1;
        if (own.size === 0 && byTenant.get(tenant) === own) byTenant.delete(tenant);
        return true;
      };
    },
    next() {
      const [first] = byTenant;
      if (first === undefined) return undefined;
      const [tenant, own] = first;
      const [place] = own;
      if (place === undefined) return undefined;
      own.delete(place);
      size -= 1;
      // Behind all the others.
      byTenant.delete(tenant);
      if (own.size > 0) byTenant.set(tenant, own);
      return place.member;
    },
    size: () => size,
  };
}
