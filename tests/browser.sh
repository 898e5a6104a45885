#!/bin/sh
# The HTML page in a real, headless Chromium: first paint of 100,000 events, clicks, keys,
# filters, the address, hostile text.
#
#   tests/browser.sh                      the Chromium of the PATH (chromium, chromium-browser, google-chrome)
#   CHROMIUM=/path/to/it tests/browser.sh another one
#   SHOTS=folder tests/browser.sh         leaves a screenshot of each page there
#
# Without a Chromium it says so, and passes: it is then not tried.
cd "$(dirname "$0")/.." || exit 2
exec cargo test --lib browser -- --nocapture
