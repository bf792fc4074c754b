import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLocation } from "wouter";
import { whoamiQuery } from "@/api/queries";
import { Shell } from "@/app/Shell";
import { Webhooks } from "@/pages/webhooks/Webhooks";
import { Places } from "@/ui/Places";
import { Failure, Loading } from "@/ui/States";
import { Members } from "./Members";

/** Who works here together, and who is told of what happens. */
export default function Organization() {
  const me = useQuery(whoamiQuery);
  const [location] = useLocation();
  const place = location.startsWith("/organization/webhooks") ? "webhooks" : "";
  const may = (right: string) => me.data?.permissions?.includes(right) ?? false;
  const places: [string, string][] = [["", "Members"]];
  if (may("organizations.webhooks")) places.push(["webhooks", "Webhooks"]);
  useEffect(() => {
    document.title = "Organization · Labelyard";
  }, []);
  return (
    <Shell
      title={
        <>
          <h1>Organization</h1>
          <Places label="Organization" base="/organization" places={places} here={place} />
        </>
      }
    >
      {me.isError && <Failure error={me.error} retry={() => me.refetch()} />}
      {me.isPending && <Loading rows={4} />}
      {me.data && (place === "webhooks" ? <Webhooks project={null} /> : <Members me={me.data} may={may} />)}
    </Shell>
  );
}
