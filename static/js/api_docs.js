// Shows the description of the API; only a page with data-try sends requests.
"use strict";
(() => {
  const place = document.getElementById("api-docs");
  window.SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    docExpansion: "list",
    filter: true,
    validatorUrl: null,
    persistAuthorization: false,
    supportedSubmitMethods: "try" in place.dataset ? ["get", "put", "post", "delete", "patch"] : [],
  });
})();
