/**
 * A text by its code points, in which the service counts; JavaScript counts UTF-16 units, two for an emoji. The text is
 * read once, and each question is then answered by a binary search.
 */
export class CodePoints {
  readonly #pairs: number[] = []; // where the characters of two units begin

  constructor(readonly text: string) {
    for (let unit = 0; unit < text.length; unit += 1) {
      if (text.codePointAt(unit)! > 0xffff) this.#pairs.push(unit);
    }
  }

  get length(): number {
    return this.text.length - this.#pairs.length;
  }

  /** The offset in UTF-16 units, as for `slice` and the DOM. */
  toUtf16(offset: number): number {
    return offset + this.#countOfPairs((unit, before) => unit - before < offset);
  }

  /** The offset in code points. Within a character it is that of the character. */
  fromUtf16(offset: number): number {
    return offset - this.#countOfPairs((unit) => unit < offset);
  }

  slice(start: number, end: number): string {
    return this.text.slice(this.toUtf16(start), this.toUtf16(end));
  }

  #countOfPairs(isBefore: (unit: number, before: number) => boolean): number {
    let low = 0;
    let high = this.#pairs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.#pairs[middle]!, middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
