// Writes name the version they overwrite. The page carries it in <meta name="row-etag">.
(function ($) {
  "use strict";

  $.ajaxPrefilter(function (options, original, request) {
    var meta = document.querySelector('meta[name="row-etag"]');
    if (!meta || options.crossDomain) {
      return;
    }
    var method = (options.type || "GET").toUpperCase();
    var json = /^application\/([a-z0-9.+-]+\+)?json\b/i.test(options.contentType || "");
    if (/^(PUT|PATCH|DELETE)$/.test(method) || (method === "POST" && json)) {
      request.setRequestHeader("If-Match", meta.getAttribute("content"));
    }
  });
})(jQuery);
