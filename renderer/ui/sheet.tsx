import type { ReactNode } from "react";
import { Dialog, Heading } from "react-aria-components/Dialog";
import { Modal, ModalOverlay } from "react-aria-components/Modal";

interface SheetProps {
  readonly title: string;
  readonly role?: "dialog" | "alertdialog";
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog over the whole window. The page below must be covered, as the system draws it over everything of ours. */
export function Sheet({ title, role = "dialog", onClose, children }: SheetProps): ReactNode {
  return (
    <ModalOverlay
      className="sheet-backdrop"
      isOpen
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className="sheet">
        <Dialog role={role} className="sheet-dialog">
          <Heading slot="title" className="sheet-title">
            {title}
          </Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
