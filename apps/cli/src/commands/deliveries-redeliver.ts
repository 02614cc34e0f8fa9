/** `pawl deliveries redeliver DELIVERY`. */
import { deliveryId } from "../api/ids.ts";
import { defineCommand } from "../command-line/command.ts";
import { exitCodes } from "../command-line/fault.ts";

export const deliveriesRedeliverCommand = defineCommand({
  name: "deliveries redeliver",
  about: "Send a webhook again, under the same webhook-id.",
  asksApi: true,
  arguments: [{ name: "DELIVERY", about: "A delivery's id, `dlv_…`." }],
  examples: [
    {
      about: "Once the receiver is mended",
      line: "pawl deliveries redeliver dlv_01m822t3c8f3m5a7c9e1g3j5kx",
    },
  ],
  async run({ api, args, out, json, signal }) {
    const delivery = await api().redeliver(deliveryId(args[0]), { signal });
    if (json) out.json(delivery);
    else out.line(`${delivery.id} ${delivery.state}`);
    return exitCodes.ok;
  },
});
