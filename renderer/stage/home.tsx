import type { ReactNode } from "react";
import { Button } from "react-aria-components/Button";
import type { SiteView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { withoutScheme } from "../model/address.ts";
import { Mark } from "../seal/seal.tsx";
import { Icon } from "../ui/icon.tsx";

/** Stands in the stage while no site is chosen. */
export function Home({
  sites,
  organization,
}: {
  readonly sites: readonly SiteView[];
  readonly organization: string;
}): ReactNode {
  const api = useApi();
  return (
    <div className="own-page home">
      <Mark size={72} />
      <h1>{organization}</h1>
      <p className="lead">
        A site opens once it has proved who it is and you have proved who you are. Until then, nothing is sent.
      </p>
      <ul className="home-sites">
        {sites.map((site) => (
          <li key={site.id}>
            <Button className="home-site" onPress={() => void api.call("site.open", { site: site.id })}>
              <span>
                <span className="home-site-name">{site.name}</span>
                <span className="home-site-origin">{withoutScheme(site.origin)}</span>
              </span>
              <Icon name="chevron" />
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
