import type { Element } from "../../../../provider/reconcile/tree";
import { parseXml } from "../../../../provider/libvirt/xml";
import { runningNics } from "../../../../provider/resources/guest/addresses";

const card = (last: number, alias = ""): string =>
  `<interface type='network'><mac address='52:54:00:00:00:0${last}'/>${alias && `<alias name='${alias}'/>`}</interface>`;
const domain = (...cards: string[]): Element => parseXml(`<domain><devices>${cards.join("")}</devices></domain>`);

it("a running guest's cards go by the program's keys, also where only the definition has them, else by their address", () => {
  const live = domain(card(1, "ua-nic-lan"), card(2, "net1"), card(3, "net2"));
  const definition = domain(card(1, "ua-nic-lan"), card(2, "ua-nic-wan"));
  expect(runningNics(live, definition).map(({ key }) => key)).toEqual(["lan", "wan", "52:54:00:00:00:03"]);
});
