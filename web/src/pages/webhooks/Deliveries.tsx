import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronDown, RotateCcw } from "lucide-react";
import { Fragment, useId, useState } from "react";
import { errorText } from "@/api/errors";
import { type Delivery, getDelivery, listDeliveries, replayDelivery, type Webhook } from "@/api/webhooks";
import { Button } from "@/ui/Button";
import { plural } from "@/ui/format";
import { Failure, Loading, Problems } from "@/ui/States";
import { Time } from "@/ui/Time";
import { toast } from "@/ui/toast";
import { answer, latency, nextTry, outcome } from "./words";

const POLL_MS = 1500;
const PAGE = 25;
const STATES = [
  ["", "All"],
  ["delivered", "Delivered"],
  ["queued", "Waiting or trying again"],
  ["failed", "Given up"],
] as const;

/** What a webhook delivered, or tried to: the newest first, watched while anything is on its way. */
export function Deliveries({ hook }: { hook: Webhook }) {
  const client = useQueryClient();
  const [state, setState] = useState("");
  const [page, setPage] = useState(1);
  const [open, setOpen] = useState<number | null>(null);
  const list = useQuery({
    queryKey: ["deliveries", hook.id, state, page],
    queryFn: ({ signal }) =>
      listDeliveries(
        hook.id,
        new URLSearchParams({ page: String(page), page_size: String(PAGE), ...(state ? { state } : {}) }),
        signal,
      ),
    placeholderData: (before) => before,
    refetchInterval: (query) =>
      query.state.data?.results.some((each) => each.state === "queued") ? POLL_MS : false,
  });
  const replay = useMutation({
    mutationFn: (delivery: number) => replayDelivery(hook.id, delivery),
    onSuccess: () => {
      toast("It is sent once more.", { tone: "ok" });
      setPage(1);
      return client.invalidateQueries({ queryKey: ["deliveries", hook.id] });
    },
    onError: (error) => toast(errorText(error), { tone: "danger" }),
  });
  const shown = list.data?.results ?? [];
  const pages = Math.max(1, Math.ceil((list.data?.count ?? 0) / PAGE));
  return (
    <section className="log" aria-label={`Deliveries to ${hook.url}`}>
      <div className="log-bar">
        <label className="log-filter">
          <span>Show</span>
          <select
            className="input"
            value={state}
            onChange={(event) => {
              setState(event.target.value);
              setPage(1);
            }}
          >
            {STATES.map(([key, word]) => (
              <option key={key} value={key}>
                {word}
              </option>
            ))}
          </select>
        </label>
        <span className="grow" />
        {list.data && (
          <span className="muted small tabular">{plural(list.data.count, "delivery", "deliveries")}</span>
        )}
      </div>
      {list.isError && !list.data && <Failure error={list.error} retry={() => list.refetch()} />}
      {list.isPending && <Loading rows={2} label="Loading deliveries" />}
      {list.data && shown.length === 0 && (
        <p className="muted">{state ? "None like that." : "Nothing happened since this webhook is there."}</p>
      )}
      {shown.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the page is scrolled by keyboard too
        <div className="log-scroll" tabIndex={0} role="group" aria-label="Table of deliveries">
          <table className="listing">
            <thead>
              <tr>
                <th scope="col">Event</th>
                <th scope="col">State</th>
                <th scope="col">Answer</th>
                <th scope="col" className="log-number">
                  Took
                </th>
                <th scope="col" className="log-number">
                  Tries
                </th>
                <th scope="col">When</th>
                <th scope="col">
                  <span className="visually-hidden">Details</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((each) => (
                <Fragment key={each.id}>
                  <Row
                    delivery={each}
                    open={open === each.id}
                    onOpen={(on) => setOpen(on ? each.id : null)}
                  />
                  {open === each.id && (
                    <tr className="log-open">
                      <td colSpan={7}>
                        <Details
                          delivery={each}
                          busy={replay.isPending}
                          onReplay={() => replay.mutate(each.id)}
                        />
                      </td>
                    </tr>
                  )}
                </Fragment>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {pages > 1 && (
        <nav className="row" aria-label="Pages of deliveries">
          <Button disabled={page === 1} onClick={() => setPage(page - 1)}>
            Newer
          </Button>
          <span className="muted tabular">
            Page {page} of {pages}
          </span>
          <Button disabled={page >= pages} onClick={() => setPage(page + 1)}>
            Older
          </Button>
        </nav>
      )}
    </section>
  );
}

function Row({
  delivery,
  open,
  onOpen,
}: {
  delivery: Delivery;
  open: boolean;
  onOpen: (on: boolean) => void;
}) {
  const [word, tone] = outcome(delivery);
  return (
    <tr>
      <td>
        <code>{delivery.action}</code>
      </td>
      <td>
        <span className={`badge${tone ? ` badge-${tone}` : ""}`}>{word}</span>
      </td>
      <td>{answer(delivery)}</td>
      <td className="log-number">{latency(delivery.duration)}</td>
      <td className="log-number">{delivery.attempts || ""}</td>
      <td>
        <Time iso={delivery.created_at} />
      </td>
      <td>
        <Button
          tone="quiet"
          className={open ? "hook-open" : ""}
          icon={<ChevronDown size={16} />}
          aria-label={`Details of delivery ${delivery.id}`}
          aria-expanded={open}
          onClick={() => onOpen(!open)}
        />
      </td>
    </tr>
  );
}

function Details({ delivery, busy, onReplay }: { delivery: Delivery; busy: boolean; onReplay: () => void }) {
  const heading = useId();
  const details = useQuery({
    queryKey: ["deliveries", delivery.webhook, "one", delivery.id],
    queryFn: ({ signal }) => getDelivery(delivery.webhook, delivery.id, signal),
  });
  return (
    <div className="log-details">
      {delivery.error && <p className="bad">{delivery.error}</p>}
      {delivery.next_attempt_at && delivery.attempts > 0 && (
        <p className="muted">
          Next try {nextTry(delivery.next_attempt_at)}
          {delivery.status_code === null
            ? "; all others of this webhook wait until there is an answer."
            : "."}
        </p>
      )}
      <div className="row">
        <h3 id={heading} className="grow">
          Body, with the objects as they are now
        </h3>
        <Button icon={<RotateCcw size={16} />} busy={busy} onClick={onReplay}>
          Send again
        </Button>
      </div>
      {details.isError && <Problems messages={[errorText(details.error)]} />}
      {details.isPending && <Loading rows={1} label="Loading the body" />}
      {details.data && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what is longer than its box is scrolled by keyboard too
        <pre className="example log-body" tabIndex={0} role="group" aria-labelledby={heading}>
          {bodyText(details.data.payload)}
        </pre>
      )}
    </div>
  );
}

const SHOWN = 100_000;

function bodyText(payload: unknown): string {
  const text = JSON.stringify(payload, null, 2);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}\n… and ${text.length - SHOWN} more characters` : text;
}
