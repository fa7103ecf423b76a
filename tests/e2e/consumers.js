// What three libraries make of our Web Annotations on a page, as the words that each finds.
import { createTextQuoteSelectorMatcher } from "@apache-annotator/dom";
import { toRange, toTextPosition } from "dom-anchor-text-quote";
import { createTextAnnotator, W3CTextFormat } from "@recogito/text-annotator";

const quoteOf = ({ target }) => target.selector.find(({ type }) => type === "TextQuoteSelector");

// All that match, since a reader would see each of them marked.
export const apacheAnnotator = (annotations, root) => Promise.all(annotations.map(async (annotation) => {
  const found = [];
  for await (const range of createTextQuoteSelectorMatcher(quoteOf(annotation))(root)) found.push(String(range));
  return found.join("|");
}));

export const domAnchorTextQuote = (annotations, root) =>
  annotations.map((annotation) => String(toRange(root, quoteOf(annotation))));

export function recogito(annotations, root) {
  const annotator = createTextAnnotator(root, { adapter: W3CTextFormat(location.href, root) });
  annotator.setAnnotations(annotations, false); // if it is to replace others, version 4.1.1 makes no ranges
  const { store } = annotator.state;
  return annotations.map(({ id }) => String(store.getAnnotation(id).target.selector[0].range));
}

// As docs/formats.md advises: with the places that the quotes have on this page.
export const recogitoWithPlaces = (annotations, root) => recogito(annotations.map((annotation) => {
  const quote = quoteOf(annotation);
  const place = { type: "TextPositionSelector", ...toTextPosition(root, quote) };
  return { ...annotation, target: { ...annotation.target, selector: [quote, place] } };
}), root);
