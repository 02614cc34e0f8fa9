import { describe, expect, it } from "vitest";
import { guardWhereNamesAre, guardWith } from "./egress-guard.fixture.ts";
import { createEgressGuard, EgressDeniedError } from "./egress-guard.ts";

describe("literal addresses", () => {
  it.each([
    // loopback and unspecified, in every spelling a URL allows
    "http://127.0.0.1/",
    "http://127.8.8.8/",
    "http://127.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.01/",
    "http://127.0.0.1./",
    "http://%31%32%37.0.0.1/",
    "http://①②⑦.0.0.1/",
    "http://127。0。0。1/",
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    // private, shared, link-local, metadata
    "http://10.0.0.1/",
    "http://10.255.255.255/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://100.100.100.200/latest/meta-data/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.170.2/",
    "http://2852039166/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "http://[fc00::1]/",
    "http://[fd12:3456::1]/",
    "http://[fec0::1]/",
    // multicast, broadcast, reserved, documentation, benchmarking
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://255.255.255.255/",
    "http://240.0.0.1/",
    "http://192.0.2.1/",
    "http://198.51.100.1/",
    "http://203.0.113.1/",
    "http://198.18.0.1/",
    "http://192.88.99.1/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
    "http://[100::1]/",
    "http://[3fff::1]/",
    "http://[4000::1]/",
    // IPv4 inside IPv6: mapped, compatible, translated, 6to4, NAT64, Teredo
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:8.8.8.8]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a00:1::]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[64:ff9b:1::10.0.0.1]/",
    "http://[2001:0:a00:1::]/",
  ])("denies %s", async (url) => {
    const guard = guardWith({ allow: [], lookup: () => Promise.reject(new Error("DNS was asked")) });
    await expect(guard.check(url)).rejects.toBeInstanceOf(EgressDeniedError);
    await expect(guard.fetch(url)).rejects.toBeInstanceOf(EgressDeniedError);
    expect(() => guard.checkWebhookUrl(url.replace("http:", "https:"))).toThrow(EgressDeniedError);
    // The dispatcher alone must hold, for callers that skip the checks.
    const direct = guard.dispatcher.request({ origin: new URL(url).origin, path: "/", method: "GET" });
    await expect(direct).rejects.toBeInstanceOf(EgressDeniedError);
  });

  it.each([
    "http://8.8.8.8/",
    "http://134744072/",
    "https://1.1.1.1:8443/x",
    "http://172.32.0.1/",
    "http://172.15.255.255/",
    "http://100.128.0.1/",
    "http://169.253.1.1/",
    "http://[2606:4700:4700::1111]/",
    "http://[64:ff9b::8.8.8.8]/",
  ])("lets %s out", async (url) => {
    await expect(guardWith({ allow: [] }).check(url)).resolves.toBeUndefined();
  });
});

describe("names", () => {
  it.each([
    "http://localhost/",
    "http://LOCALHOST:3000/",
    "http://localhost./",
    "http://a.localhost/",
    "http://localhost.localdomain/",
    "http://ip6-localhost/",
    "http://metadata/",
    "http://metadata.google.internal/",
    "http://instance-data.ec2.internal/",
    "http://printer.local/",
    "http://router.home.arpa/",
    "http://redis/",
    "http://example.com./",
  ])("denies %s by its name alone", async (url) => {
    const guard = guardWith({ allow: [], lookup: () => Promise.reject(new Error("DNS was asked")) });
    await expect(guard.check(url)).rejects.toBeInstanceOf(EgressDeniedError);
    await expect(guard.fetch(url)).rejects.toBeInstanceOf(EgressDeniedError);
  });

  it.each([
    ["a private address", ["10.0.0.1"]],
    ["loopback", ["::1"]],
    ["the metadata service", ["169.254.169.254"]],
    ["a mapped address", ["::ffff:10.0.0.1"]],
    ["one private address among public ones", ["8.8.8.8", "1.1.1.1", "192.168.0.1"]],
    ["a zone", ["fe80::1%eth0"]],
    ["something that is no address", ["127.1"]],
  ])("denies a name that resolves to %s", async (_what, addresses) => {
    const guard = guardWhereNamesAre(addresses);
    await expect(guard.check("http://public.example/")).rejects.toBeInstanceOf(EgressDeniedError);
    await expect(guard.fetch("http://public.example/")).rejects.toBeInstanceOf(EgressDeniedError);
  });

  it("lets a name out whose addresses are all public", async () => {
    const guard = guardWhereNamesAre(["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]);
    await expect(guard.check("https://public.example/")).resolves.toBeUndefined();
  });

  it("passes a DNS failure on as what it is, because trying again may help", async () => {
    const guard = guardWith({ allow: [], lookup: () => Promise.reject(new Error("ENOTFOUND")) });
    const failure = await guard.check("https://gone.example/").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(EgressDeniedError);
  });
});

describe("URLs", () => {
  it.each([
    "ftp://example.com/",
    "file:///etc/passwd",
    "data:text/plain,hi",
    "gopher://example.com/",
    "javascript:alert(1)",
    "//example.com/",
    "example.com",
    "",
    "http://",
    "http://user:secret@example.com/",
    "http://user@example.com/",
    "http://8.8.8.8@127.0.0.1/",
  ])("denies %j", async (url) => {
    const guard = guardWhereNamesAre(["8.8.8.8"]);
    await expect(guard.check(url)).rejects.toBeInstanceOf(EgressDeniedError);
    await expect(guard.fetch(url)).rejects.toBeInstanceOf(EgressDeniedError);
  });

  it("never repeats a URL's password in its message", async () => {
    const failure = await guardWith({ allow: [] }).check("http://user:hunter2@example.com/").catch(String);
    expect(failure).not.toContain("hunter2");
  });
});

describe("the allow list", () => {
  it.each([
    ["127.0.0.1", "http://127.0.0.1:8080/"],
    ["127.0.0.1", "http://0x7f000001/"],
    ["127.0.0.1:8080", "http://127.0.0.1:8080/"],
    ["10.0.0.0/8", "http://10.1.2.3/"],
    ["10.0.0.0/8", "http://[::ffff:10.1.2.3]/"],
    ["::1", "http://[::1]:9/"],
    ["[::1]:9", "http://[::1]:9/"],
    ["fd00::/8", "http://[fd12::1]/"],
    ["10.0.0.0/8", "http://named.example/"],
    ["localhost", "http://localhost:1/"],
    ["Redis:6379", "http://redis:6379/"],
    ["hooks.corp.internal", "https://hooks.corp.internal/x"],
  ])("of %s lets %s out", async (entry, url) => {
    await expect(guardWhereNamesAre(["10.9.9.9"], [entry]).check(url)).resolves.toBeUndefined();
  });

  it.each([
    ["127.0.0.1:8080", "http://127.0.0.1:8081/"],
    ["127.0.0.1:8080", "http://127.0.0.1/"],
    ["10.0.0.0/8", "http://11.0.0.0@10.0.0.1/"],
    ["10.0.0.0/9", "http://10.128.0.1/"],
    ["corp.example", "http://sub.corp.example/"],
    ["corp.example", "http://corp.example.evil.example/"],
    ["127.0.0.1", "http://localhost/"],
    ["192.168.0.0/16", "http://named.example/"],
  ])("of %s does not open %s", async (entry, url) => {
    await expect(guardWhereNamesAre(["10.9.9.9"], [entry]).check(url)).rejects.toBeInstanceOf(
      EgressDeniedError,
    );
  });

  it("names every entry it cannot understand", () => {
    const allow = [
      "ok.example",
      "10.0.0.0/33",
      "http://x.example",
      "a b",
      "1.2.3",
      "host:99999",
      "fd00::/129",
    ];
    const make = () => createEgressGuard({ allow });
    expect(make).toThrow(TypeError);
    for (const bad of allow.slice(1)) expect(make).toThrow(bad);
    expect(make).not.toThrow("ok.example");
  });

  it("ignores empty entries and spaces around one", async () => {
    await expect(
      guardWhereNamesAre([], ["", " 127.0.0.1 "]).check("http://127.0.0.1/"),
    ).resolves.toBeUndefined();
  });
});

describe("webhook URLs", () => {
  it("must be https", () => {
    const guard = guardWith({ allow: ["10.0.0.0/8"] });
    expect(() => guard.checkWebhookUrl("https://hooks.example/x")).not.toThrow();
    expect(() => guard.checkWebhookUrl("http://hooks.example/x")).toThrow("https");
    expect(() => guard.checkWebhookUrl("http://8.8.8.8/x")).toThrow("https");
  });

  it("may be http where the host is allowed", () => {
    const guard = guardWith({ allow: ["localhost:4000", "127.0.0.1", "10.0.0.0/8"] });
    expect(() => guard.checkWebhookUrl("http://localhost:4000/hook")).not.toThrow();
    expect(() => guard.checkWebhookUrl("http://127.0.0.1:5/hook")).not.toThrow();
    expect(() => guard.checkWebhookUrl("http://10.1.1.1/hook")).not.toThrow();
    expect(() => guard.checkWebhookUrl("http://localhost:4001/hook")).toThrow(EgressDeniedError);
  });

  it("are judged without DNS, so that a submit does not hang on it", () => {
    const guard = guardWith({ allow: [], lookup: () => Promise.reject(new Error("DNS was asked")) });
    expect(() => guard.checkWebhookUrl("https://not-registered.example/hook")).not.toThrow();
  });
});
