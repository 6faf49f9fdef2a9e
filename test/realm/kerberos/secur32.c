/*
 * Stands in for Windows' secur32.dll where the client's code for SSPI is tested: the functions that it calls, with the
 * structures as sspi.h lays them out on 64-bit Windows, on top of the system's GSSAPI. It is strict about what it is
 * given, counts what it hands out, and errs where it is told to. Written from the documentation; Windows never ran here.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct { size_t length; void *value; } gss_buffer_desc;
typedef struct { uint32_t length; void *elements; } gss_OID_desc;
typedef struct {
  uint32_t initiator_addrtype; gss_buffer_desc initiator_address;
  uint32_t acceptor_addrtype; gss_buffer_desc acceptor_address;
  gss_buffer_desc application_data;
} gss_channel_bindings_desc;

extern uint32_t gss_import_name(uint32_t *, gss_buffer_desc *, gss_OID_desc *, void **);
extern uint32_t gss_display_name(uint32_t *, void *, gss_buffer_desc *, void *);
extern uint32_t gss_release_name(uint32_t *, void **);
extern uint32_t gss_release_buffer(uint32_t *, gss_buffer_desc *);
extern uint32_t gss_acquire_cred(uint32_t *, void *, uint32_t, void *, int, void **, void *, uint32_t *);
extern uint32_t gss_inquire_cred(uint32_t *, void *, void **, uint32_t *, int *, void *);
extern uint32_t gss_release_cred(uint32_t *, void **);
extern uint32_t gss_init_sec_context(uint32_t *, void *, void **, void *, gss_OID_desc *, uint32_t, uint32_t,
  gss_channel_bindings_desc *, gss_buffer_desc *, void **, gss_buffer_desc *, uint32_t *, uint32_t *);
extern uint32_t gss_delete_sec_context(uint32_t *, void **, void *);
extern uint32_t gss_inquire_context(uint32_t *, void *, void **, void **, uint32_t *, void **, uint32_t *, int *, int *);
extern uint32_t gss_wrap(uint32_t *, void *, int, uint32_t, gss_buffer_desc *, int *, gss_buffer_desc *);
extern uint32_t gss_unwrap(uint32_t *, void *, gss_buffer_desc *, gss_buffer_desc *, int *, uint32_t *);

typedef struct { uintptr_t lower, upper; } SecHandle;
typedef struct { uint32_t cbBuffer, BufferType; void *pvBuffer; } SecBuffer;
typedef struct { uint32_t ulVersion, cBuffers; SecBuffer *pBuffers; } SecBufferDesc;
typedef struct {
  uint32_t initiator_type, initiator_length, initiator_offset, acceptor_type, acceptor_length, acceptor_offset,
    data_length, data_offset;
} SEC_CHANNEL_BINDINGS;
typedef struct {
  uint32_t Version, Length;
  uint16_t *User; uint32_t UserLength;
  uint16_t *Domain; uint32_t DomainLength;
  uint16_t *Password; uint32_t PasswordLength;
  uint32_t Flags;
  uint16_t *PackageList; uint32_t PackageListLength;
} SEC_WINNT_AUTH_IDENTITY_EXW;
typedef struct { uint32_t capabilities; uint16_t version, rpcid; uint32_t max_token; uint16_t *Name, *Comment; } SecPkgInfoW;

_Static_assert(sizeof(SecBuffer) == 16 && sizeof(SecBufferDesc) == 16, "as on 64-bit Windows");
_Static_assert(sizeof(SEC_CHANNEL_BINDINGS) == 32 && sizeof(SEC_WINNT_AUTH_IDENTITY_EXW) == 72, "as there");
_Static_assert(sizeof(SecPkgInfoW) == 32, "as there");

enum {
  OK = 0, CONTINUE = 0x00090312, COMPLETE_NEEDED = 0x00090313
};
#define INVALID_HANDLE 0x80090301u
#define UNSUPPORTED 0x80090302u
#define TARGET_UNKNOWN 0x80090303u
#define INTERNAL 0x80090304u
#define NO_PACKAGE 0x80090305u
#define INVALID_TOKEN 0x80090308u
#define NO_CREDENTIALS 0x8009030Eu
#define ALTERED 0x8009030Fu
#define OUT_OF_SEQUENCE 0x80090310u
#define NO_AUTHORITY 0x80090311u
#define EXPIRED 0x80090317u
#define TOO_SMALL 0x80090321u
#define WRONG_PRINCIPAL 0x80090322u
#define MAGIC 0x5355u

static gss_OID_desc KRB5 = { 9, "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02" };
static gss_OID_desc SPNEGO = { 6, "\x2b\x06\x01\x05\x05\x02" };
static gss_OID_desc PRINCIPAL = { 10, "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01" };

static int outstanding;
static char fault[32];

/* For the test: what has been handed out and not come back, and what to do wrong. */
int32_t standin_outstanding(void) { return outstanding; }
void standin_fault(const char *what) { strncpy(fault, what, sizeof fault - 1); }
static int errs(const char *what) { return strcmp(fault, what) == 0; }

typedef struct { int spnego; } Credential;
typedef struct { void *gss; int spnego; uint32_t flags; } Context;

static void *hand_out(size_t size) { outstanding += 1; return calloc(1, size); }

static uint16_t *wide(const char *text) {
  size_t length = strlen(text);
  uint16_t *out = hand_out(2 * (length + 1));
  for (size_t at = 0; at < length; at++) out[at] = (unsigned char)text[at];
  return out;
}

static int narrow(const uint16_t *text, char *out, size_t size) {
  size_t at = 0;
  for (; text != NULL && text[at] != 0 && at + 1 < size; at++) {
    if (text[at] > 126) return 0;
    out[at] = (char)text[at];
  }
  out[at] = 0;
  return text != NULL && text[at] == 0;
}

/* 100 ns since 1601, in local time. */
static int64_t stamp(uint32_t lifetime) {
  time_t end = time(NULL) + lifetime;
  struct tm local;
  localtime_r(&end, &local);
  return ((int64_t)timegm(&local) + 11644473600LL) * 10000000LL;
}

static uint32_t status_of(uint32_t major, uint32_t minor, int verifying) {
  int32_t error = (int32_t)minor + 1765328384;
  if (error == 7) return TARGET_UNKNOWN;
  if (error == 32) return EXPIRED;
  if (error == 156) return NO_AUTHORITY;
  if (error == 195 || (major >> 16) == 7) return NO_CREDENTIALS;
  if (verifying) return INVALID_TOKEN;
  return INTERNAL;
}

uint32_t AcquireCredentialsHandleW(uint16_t *principal, uint16_t *package, uint32_t use, void *logon,
  SEC_WINNT_AUTH_IDENTITY_EXW *identity, void *get_key, void *argument, SecHandle *credential, int64_t *expiry) {
  char name[32], list[32];
  if (principal || logon || get_key || argument || use != 2 || !narrow(package, name, sizeof name)) return INTERNAL;
  int spnego = strcmp(name, "Negotiate") == 0;
  if (!spnego && strcmp(name, "Kerberos") != 0) return NO_PACKAGE;
  if (!spnego && identity != NULL) return INTERNAL;
  if (spnego) {
    if (identity == NULL || identity->Version != 0x200 || identity->Length != sizeof *identity) return INTERNAL;
    if (identity->User || identity->Domain || identity->Password || identity->Flags != 2) return INTERNAL;
    if (!narrow(identity->PackageList, list, sizeof list) || strcmp(list, "!ntlm") != 0) return INTERNAL;
    if (identity->PackageListLength != strlen(list)) return INTERNAL;
  }
  uint32_t minor, lifetime = 0;
  void *cred = NULL;
  uint32_t major = gss_acquire_cred(&minor, NULL, 0, NULL, 1, &cred, NULL, &lifetime);
  if (major >> 16) return status_of(major, minor, 0);
  gss_release_cred(&minor, &cred);
  Credential *made = hand_out(sizeof *made);
  made->spnego = spnego;
  *credential = (SecHandle){ (uintptr_t)made, MAGIC };
  *expiry = errs("never") ? INT64_MAX : stamp(lifetime);
  return OK;
}

/* A handle that never was given, or was given back: as good as a leak. */
static uint32_t misused(void) { outstanding += 1000; return INVALID_HANDLE; }

uint32_t FreeCredentialsHandle(SecHandle *credential) {
  if (credential->upper != MAGIC) return misused();
  free((void *)credential->lower);
  credential->upper = 0;
  outstanding -= 1;
  return OK;
}

static uint16_t *name_of(void *name) {
  uint32_t minor;
  gss_buffer_desc text = { 0, NULL };
  char buffer[512] = "";
  if (gss_display_name(&minor, name, &text, NULL) == 0 && text.length < sizeof buffer) {
    memcpy(buffer, text.value, text.length);
  }
  gss_release_buffer(&minor, &text);
  return wide(buffer);
}

uint32_t QueryCredentialsAttributesW(SecHandle *credential, uint32_t attribute, void **value) {
  if (credential->upper != MAGIC) return INVALID_HANDLE;
  if (attribute != 1) return UNSUPPORTED;
  uint32_t minor;
  void *cred = NULL, *name = NULL;
  if (gss_acquire_cred(&minor, NULL, 0, NULL, 1, &cred, NULL, NULL)) return NO_CREDENTIALS;
  uint32_t major = gss_inquire_cred(&minor, cred, &name, NULL, NULL, NULL);
  gss_release_cred(&minor, &cred);
  if (major) return NO_CREDENTIALS;
  value[0] = name_of(name);
  gss_release_name(&minor, &name);
  return OK;
}

static SecBuffer *buffer_of(SecBufferDesc *desc, uint32_t type) {
  for (uint32_t at = 0; desc && at < desc->cBuffers; at++) {
    if (desc->pBuffers[at].BufferType == type) return &desc->pBuffers[at];
  }
  return NULL;
}

static int bindings_in(SecBuffer *given, gss_channel_bindings_desc *out) {
  SEC_CHANNEL_BINDINGS *head = given->pvBuffer;
  if (given->cbBuffer < sizeof *head || head->initiator_length || head->acceptor_length) return 0;
  if (head->initiator_type || head->acceptor_type || head->data_offset != sizeof *head) return 0;
  if (head->data_offset + head->data_length != given->cbBuffer) return 0;
  memset(out, 0, sizeof *out);
  out->application_data = (gss_buffer_desc){ head->data_length, (char *)head + head->data_offset };
  return 1;
}

uint32_t InitializeSecurityContextW(SecHandle *credential, SecHandle *context, uint16_t *target, uint32_t flags,
  uint32_t reserved1, uint32_t representation, SecBufferDesc *input, uint32_t reserved2, SecHandle *made,
  SecBufferDesc *output, uint32_t *attributes, int64_t *expiry) {
  char spn[512];
  gss_channel_bindings_desc bound;
  uint32_t minor, ignored, lifetime = 0;
  if (credential->upper != MAGIC || (context && context->upper != MAGIC)) return INVALID_HANDLE;
  if (reserved1 || reserved2 || representation || !(flags & 0x100) || !narrow(target, spn, sizeof spn)) return INTERNAL;
  if ((input && input->ulVersion) || output->ulVersion || output->cBuffers != 1) return INTERNAL;
  SecBuffer *token = buffer_of(input, 2), *binding = buffer_of(input, 14), *out = buffer_of(output, 2);
  if (!out || out->pvBuffer || out->cbBuffer || (binding && !bindings_in(binding, &bound))) return INTERNAL;
  if ((context != NULL) != (token != NULL)) return INTERNAL;

  Context *own = context ? (Context *)context->lower : hand_out(sizeof *own);
  own->spnego = ((Credential *)credential->lower)->spnego;
  gss_buffer_desc text = { strlen(spn), spn }, reply = { 0, NULL };
  gss_buffer_desc given = { token ? token->cbBuffer : 0, token ? token->pvBuffer : NULL };
  void *name = NULL;
  uint32_t major = gss_import_name(&minor, &text, &PRINCIPAL, &name);
  uint32_t ask = (flags & 0x1f) | (flags & 0x10000 ? 32 : 0);
  if (major == 0) {
    major = gss_init_sec_context(&minor, NULL, &own->gss, name, own->spnego ? &SPNEGO : &KRB5, ask, 0,
      binding ? &bound : NULL, &given, NULL, &reply, &own->flags, &lifetime);
    gss_release_name(&ignored, &name);
  }
  if (reply.length) {
    out->pvBuffer = hand_out(reply.length);
    out->cbBuffer = (uint32_t)reply.length;
    memcpy(out->pvBuffer, reply.value, reply.length);
    if (errs("ntlm-token") && reply.length > 40) memcpy((char *)out->pvBuffer + 20, "NTLMSSP", 8);
  }
  gss_release_buffer(&ignored, &reply);
  if (major >> 16) {
    // Kerberos alone says what SPNEGO's layer hides.
    if (own->spnego && !token) {
      void *again = NULL;
      gss_import_name(&ignored, &text, &PRINCIPAL, &name);
      major = gss_init_sec_context(&minor, NULL, &again, name, &KRB5, 2, 0, NULL, NULL, NULL, &reply, NULL, NULL);
      gss_release_buffer(&ignored, &reply);
      gss_release_name(&ignored, &name);
      gss_delete_sec_context(&ignored, &again, NULL);
    }
    if (!context) {
      // The first call failed: the caller has no context.
      gss_delete_sec_context(&ignored, &own->gss, NULL);
      free(own);
      outstanding -= 1;
    }
    return status_of(major, minor, token != NULL);
  }
  *made = (SecHandle){ (uintptr_t)own, MAGIC };
  uint32_t returned = (own->flags & 0x1f) | (own->flags & 32 ? 0x10000 : 0) | 0x100;
  *attributes = errs("no-mutual") ? returned & ~2u : returned;
  *expiry = stamp(lifetime);
  if (major & 1) return CONTINUE;
  return errs("complete-needed") ? COMPLETE_NEEDED : OK;
}

uint32_t DeleteSecurityContext(SecHandle *context) {
  uint32_t minor;
  if (context->upper != MAGIC) return misused();
  Context *own = (Context *)context->lower;
  gss_delete_sec_context(&minor, &own->gss, NULL);
  free(own);
  context->upper = 0;
  outstanding -= 1;
  return OK;
}

uint32_t FreeContextBuffer(void *buffer) {
  free(buffer);
  outstanding -= 1;
  return OK;
}

static SecPkgInfoW *package(const char *name) {
  // One piece of memory, as the caller frees only the structure.
  size_t length = strlen(name);
  SecPkgInfoW *info = hand_out(sizeof *info + 2 * (length + 1));
  info->Name = (uint16_t *)(info + 1);
  info->Comment = info->Name + length;
  for (size_t at = 0; at < length; at++) info->Name[at] = (unsigned char)name[at];
  return info;
}

uint32_t QueryContextAttributesW(SecHandle *context, uint32_t attribute, void **value) {
  uint32_t minor, lifetime = 0;
  void *source = NULL, *target = NULL;
  if (context->upper != MAGIC) return INVALID_HANDLE;
  Context *own = (Context *)context->lower;
  if (attribute == 0) {
    uint32_t sizes[4] = { 48000, 28, 0, 60 };
    memcpy(value, sizes, sizeof sizes);
    return OK;
  }
  if (attribute == 10 && !own->spnego) {
    value[0] = package("Kerberos");
    return OK;
  }
  if (attribute == 12 && own->spnego) {
    value[0] = package(errs("ntlm") ? "NTLM" : "Kerberos");
    return OK;
  }
  if (attribute != 2 && attribute != 13) return UNSUPPORTED;
  if (gss_inquire_context(&minor, own->gss, &source, &target, &lifetime, NULL, NULL, NULL, NULL)) return INVALID_HANDLE;
  if (attribute == 2) {
    int64_t *times = (int64_t *)value;
    times[0] = stamp(0);
    times[1] = stamp(lifetime);
  } else {
    value[0] = name_of(source);
    value[1] = errs("other-service") ? wide("HTTP/other.corp.example@CORP.EXAMPLE")
      : errs("no-realm") ? wide("http/PORTAL.corp.example") : name_of(target);
  }
  gss_release_name(&minor, &source);
  gss_release_name(&minor, &target);
  return OK;
}

uint32_t EncryptMessage(SecHandle *context, uint32_t qop, SecBufferDesc *desc, uint32_t sequence) {
  uint32_t minor;
  int state = 0;
  gss_buffer_desc out = { 0, NULL };
  SecBuffer *token = buffer_of(desc, 2), *data = buffer_of(desc, 1), *padding = buffer_of(desc, 9);
  if (context->upper != MAGIC || sequence || !token || !data || !padding) return INVALID_HANDLE;
  if (token->cbBuffer < 60 || (qop != 0 && qop != 0x80000001u)) return TOO_SMALL;
  gss_buffer_desc in = { data->cbBuffer, data->pvBuffer };
  if (gss_wrap(&minor, ((Context *)context->lower)->gss, qop == 0, 0, &in, &state, &out)) return INVALID_HANDLE;
  size_t head = out.length - data->cbBuffer;
  if (head > token->cbBuffer) return TOO_SMALL;
  memcpy(token->pvBuffer, out.value, head);
  if (data->cbBuffer) memcpy(data->pvBuffer, (char *)out.value + head, data->cbBuffer);
  token->cbBuffer = (uint32_t)head;
  padding->cbBuffer = 0;
  gss_release_buffer(&minor, &out);
  return OK;
}

uint32_t DecryptMessage(SecHandle *context, SecBufferDesc *desc, uint32_t sequence, uint32_t *qop) {
  uint32_t minor;
  int state = 0;
  gss_buffer_desc out = { 0, NULL };
  SecBuffer *stream = buffer_of(desc, 10), *data = buffer_of(desc, 1);
  if (context->upper != MAGIC || sequence || !stream || !data || data->pvBuffer) return INVALID_HANDLE;
  gss_buffer_desc in = { stream->cbBuffer, stream->pvBuffer };
  uint32_t major = gss_unwrap(&minor, ((Context *)context->lower)->gss, &in, &out, &state, NULL);
  uint32_t status = major >> 16 ? ALTERED : major & 0x1e ? OUT_OF_SEQUENCE : OK;
  if (status == OK) {
    // Within the caller's own memory, as Windows does it.
    data->pvBuffer = (char *)stream->pvBuffer + (stream->cbBuffer - out.length);
    data->cbBuffer = (uint32_t)out.length;
    memmove(data->pvBuffer, out.value, out.length);
    *qop = state ? 0 : 0x80000001u;
  }
  gss_release_buffer(&minor, &out);
  return status;
}
