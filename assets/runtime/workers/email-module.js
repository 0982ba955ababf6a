// The module "cloudflare:email". Libraries that can send mail import it from the start; there is
// no binding to send with, so a message can only be made.

export class EmailMessage {
  #from;
  #to;
  #raw;
  constructor(from, to, raw) {
    this.#from = String(from);
    this.#to = String(to);
    this.#raw = raw;
  }
  get from() {
    return this.#from;
  }
  get to() {
    return this.#to;
  }
  get raw() {
    return this.#raw;
  }
}
