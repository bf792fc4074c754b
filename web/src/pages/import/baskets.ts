import { toast } from "@/ui/toast";
import { Basket } from "./basket";
import { tusTransfer } from "./transfer";

const baskets = new Map<number, Basket>();

/** The basket of a project; it outlives its page, so that files go on being sent while one looks at the data. */
export function basketOf(projectId: number): Basket {
  let basket = baskets.get(projectId);
  if (!basket) {
    basket = new Basket(tusTransfer(projectId), (name) => toast(`${name} is in the list already.`));
    baskets.set(projectId, basket);
  }
  return basket;
}

addEventListener("beforeunload", (event) => {
  // The browser asks; files that are sent in part would have to be chosen again.
  if ([...baskets.values()].some((basket) => basket.sending)) event.preventDefault();
});
