import { createRoot } from "react-dom/client";
import { ApiProvider } from "./api.ts";
import { App } from "./app.tsx";

const root = document.getElementById("root");
if (root !== null)
  createRoot(root).render(
    <ApiProvider value={window.countersign}>
      <App />
    </ApiProvider>,
  );
