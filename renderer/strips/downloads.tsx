import type { ReactNode } from "react";
import { ProgressBar } from "react-aria-components/ProgressBar";
import type { DownloadView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { progressText, share, splitName } from "../model/transfer.ts";
import { IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";

/** Downloads of this session, newest first. */
export function DownloadsStrip({ downloads }: { readonly downloads: readonly DownloadView[] }): ReactNode {
  const api = useApi();
  if (downloads.length === 0) return null;
  return (
    <section className="downloads" aria-label="Downloads">
      <ul>
        {downloads.map((download) => (
          <Download key={download.id} download={download} />
        ))}
      </ul>
      <IconButton icon="close" label="Clear finished downloads" onPress={() => void api.call("download.clear")} />
    </section>
  );
}

function Download({ download }: { readonly download: DownloadView }): ReactNode {
  const api = useApi();
  const { id, fileName, state } = download;
  return (
    <li className="download" data-state={state}>
      <Icon name="file" />
      <div className="download-words">
        <p className="download-name" title={fileName}>
          <span className="download-stem">{splitName(fileName).stem}</span>
          <span>{splitName(fileName).ending}</span>
        </p>
        <p className="download-state">{progressText(download)}</p>
        {state === "running" ? <Progress download={download} /> : null}
      </div>
      {state === "running" ? (
        <IconButton
          icon="close"
          label={`Cancel ${fileName}`}
          onPress={() => void api.call("download.cancel", { id })}
        />
      ) : null}
      {state === "done" ? (
        <IconButton
          icon="folder"
          label={`Show ${fileName} in its folder`}
          onPress={() => void api.call("download.show", { id })}
        />
      ) : null}
    </li>
  );
}

function Progress({ download }: { readonly download: DownloadView }): ReactNode {
  const arrived = share(download);
  return (
    <ProgressBar
      className="progress"
      aria-label={`Progress of ${download.fileName}`}
      valueLabel={progressText(download)}
      isIndeterminate={arrived === undefined}
      value={(arrived ?? 0) * 100}
    >
      {({ percentage }) => (
        <svg className="progress-track" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
          <rect className="progress-bed" width="100" height="3" />
          <rect className="progress-fill" width={percentage ?? 100} height="3" />
        </svg>
      )}
    </ProgressBar>
  );
}
