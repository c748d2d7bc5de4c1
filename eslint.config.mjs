import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/leaflet/**", "**/node_modules/**", "**/.venv/**"] },
  js.configs.recommended,
  {
    files: ["src/jezero_sites/maps/assets/**/*.js"],
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: "script",
      globals: { ...globals.browser, L: "readonly", JZ: "readonly" },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      curly: ["error", "multi-line"],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-shadow": "error",
      "no-implicit-globals": "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "text of the run is shown with textContent" },
        { property: "outerHTML", message: "text of the run is shown with textContent" },
        { property: "insertAdjacentHTML", message: "text of the run is shown with textContent" },
        { object: "document", property: "write" },
      ],
    },
  },
];
