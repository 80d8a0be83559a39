"""Tests of the web page, run by page.sh: page.py URL SHOTS TABLE BROKEN PHOTO..., or page.py URL --key KEY."""
import csv, gzip, http.client, json, os, re, sys, urllib.request
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

url = sys.argv[1]
expect.set_options(timeout=20_000)


def weight():
    """The files are compressed and small, and are not sent again if they have not changed."""
    host, port = url[7:].split(":")
    connection = http.client.HTTPConnection(host, int(port))
    total = 0
    page = urllib.request.urlopen(urllib.request.Request(url + "/", headers={"Accept": "text/html"})).read().decode()
    files = re.findall(r'"(ui/[a-z_]+\.(?:css|js))"', page)
    assert len(files) > 5, files
    for path in ("/", *("/" + name for name in files)):
        connection.request("GET", path, headers={"Accept-Encoding": "gzip", "Accept": "text/html,*/*"})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200 and answer.headers["Content-Encoding"] == "gzip" and gzip.decompress(body), path
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"] and answer.headers["X-Frame-Options"] == "DENY"
        total += len(body)
        connection.request("GET", path, headers={"If-None-Match": answer.headers["ETag"]})
        again = connection.getresponse()
        assert again.status == 304 and again.read() == b"", path
    assert total < 60_000, total
    assert json.load(urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": "application/json"})))["status"] == "alive"


class Window:
    """A page whose console messages, errors, dialogs and foreign requests fail the test."""

    def __init__(self, browser, width=1280, height=900, scheme="light", may_fail=()):
        self.context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.faults, self.may_fail = [], may_fail
        self.page.on("console", lambda message: self.note(message.text) if message.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.note(str(error)))
        self.page.on("dialog", lambda dialog: (self.faults.append("dialog: " + dialog.message), dialog.dismiss()))
        self.sent = []
        self.page.on("request", lambda request: self.sent.append(request) if request.method == "POST" else None)
        self.page.on("request", lambda request: self.faults.append("request to another server: " + request.url)
                     if not request.url.startswith((url, "blob:" + url, "data:")) else None)
    def note(self, text):
        if not any(part in text for part in self.may_fail): self.faults.append(text)
    def open(self, model):
        self.page.goto(url + "/#/" + model)
        expect(self.page.locator("#model")).to_have_attribute("data-name", model)
        return self.page
    def check_access(self, where):
        found = Axe().run(self.page)
        bad = [(one["id"], one["help"], [node["html"][:150] for node in one["nodes"]][:3]) for one in found.response["violations"]]
        assert not bad, (where, bad)
    def sent_row(self, **values):
        """The row of a request that has these values; waits until it was sent."""
        for _ in range(100):
            rows = [body for body in (json.loads(one.post_data) for one in self.sent) if isinstance(body, dict)]
            found = [row for row in rows if values.items() <= row.items()]
            if found: return found[-1]
            self.page.wait_for_timeout(100)
        raise AssertionError((values, rows[-1:]))
    def __enter__(self): return self
    def __exit__(self, kind, *_):
        self.context.close()
        assert kind or not self.faults, self.faults


def field(page, name): return page.get_by_label(name, exact=True)


def table(browser):
    with Window(browser) as window:
        page = window.open("churn")
        label = page.locator(".label")
        expect(label).to_contain_text("Churn: ")
        field(page, "Contract").select_option("two_year")
        field(page, "tenure").fill("70")
        expect(label).to_contain_text("Churn: No")
        expect(page.locator(".bars").last).to_contain_text("Contract: Two year")
        low = label.inner_text()
        field(page, "Contract").select_option("month-to-month")
        field(page, "tenure").fill("1")
        field(page, "InternetService").select_option("fiber_optic")
        expect(label).not_to_have_text(low)
        # The label changes after the first of the three changes: the request with all three may be still to come.
        row = window.sent_row(contract="month-to-month", tenure=1, internetservice="fiber_optic")
        request = urllib.request.Request(url + "/models/churn/predict", json.dumps(row).encode(), {"Content-Type": "application/json"})
        said = json.load(urllib.request.urlopen(request))
        shown = f"{100 * said['probabilities'][said['label']]:.0f} %"
        expect(label).to_contain_text(shown)
        expect(page.get_by_text("as likely as on average")).to_be_visible()
        # A link shows the same row.
        expect(page).to_have_url(re.compile("tenure=1&|tenure=1$"))
        text = label.inner_text()
        page.reload()
        expect(label).to_have_text(text)
        # What-if lines, and single changes that lead to another answer; a click makes the change.
        expect(page.locator(".sparkline")).to_have_count(3)
        flips = page.locator(".flips button")
        expect(flips.first).to_be_visible()
        flips.first.click()
        expect(label).to_contain_text("Churn: No")
        # Examples, and switches for yes and no.
        page.get_by_role("button", name="a typical 'Yes'").click()
        expect(label).to_contain_text("Churn: Yes")
        expect(page.get_by_role("switch")).to_have_count(5)
        # What was wrong is logged with what is true.
        page.get_by_role("button", name="This was wrong: it is 'No'").click()
        expect(page.get_by_text("Logged. Thank you.")).to_be_visible()
        page.get_by_role("button", name="Reset").click()
        # An empty number field is an error, until a number is entered.
        field(page, "tenure").fill("")
        expect(page.get_by_text("Enter a value: tenure.")).to_be_visible()
        assert field(page, "tenure").get_attribute("aria-invalid") == "true"
        field(page, "tenure").fill("5")
        expect(label).to_be_visible()
        # The predictions are appended to the rows of a table.
        page.set_input_files("#table-file", sys.argv[3])
        expect(page.locator("p", has_text="Predicted 40 rows of rows.csv.").first).to_be_visible()
        with page.expect_download() as download: page.get_by_text("Save predictions").click()
        got, sent = open(download.value.path()).read().splitlines(), open(sys.argv[3]).read().splitlines()
        assert len(got) == 41 and all(row.startswith(start + ",") for row, start in zip(got, sent)), got[:3]
        assert got[0].endswith(",label,probability_No,probability_Yes"), got[0]
        page.set_input_files("#table-file", sys.argv[4])
        expect(page.locator(".card .problem")).to_be_visible()
        window.faults = [one for one in window.faults if "status of 422" not in one and "status of 400" not in one]  # the broken table


def trees(browser):
    with Window(browser) as window:
        page = window.open("trees")
        expect(page.get_by_text("Contributions to")).to_be_visible()
        steps = page.locator(".waterfall li")
        expect(steps).to_have_count(11)  # from the average over eight columns and the others to this row
        expect(steps.last).to_contain_text("This row")
        expect(page.locator(".bars").first).to_contain_text(steps.last.locator(".amount").inner_text())


def numbers(browser):
    """A model of a number, with a date among its columns."""
    with Window(browser) as window:
        page = window.open("house")
        label = page.locator(".label")
        expect(label).to_contain_text("Price: ")
        expect(page.get_by_text("With a probability of 90 % it is between")).to_be_visible()
        expect(page.get_by_role("heading", name="Contributions")).to_be_visible()
        first = label.inner_text()
        field(page, "sold").fill("2023-01-01")
        field(page, "size").fill("190")
        expect(label).not_to_have_text(first)
        expect(page.locator(".waterfall li").last).to_contain_text(label.inner_text().split(": ")[1])
        expect(page.locator(".sparkline")).to_have_count(1)
        page.get_by_role("button", name="a row of the highest fifth").click()
        field(page, "sold").fill("")
        expect(page.get_by_text("Enter a value: sold.")).to_be_visible()
        field(page, "sold").fill("2024-06-01")
        expect(page.get_by_role("cell", name="RMSE").or_(page.get_by_role("rowheader", name="RMSE"))).to_be_visible()
        window.check_access("a number")
        page.screenshot(path=f"{sys.argv[2]}/number.png", full_page=True)


def photos(browser):
    with Window(browser, may_fail=("status of 422", "status of 400")) as window:
        page = window.open("clothes")
        page.set_input_files("#photo-file", sys.argv[5:])
        cards = page.locator("article")
        expect(cards).to_have_count(len(sys.argv) - 5)
        for i in range(len(sys.argv) - 5): expect(cards.nth(i).locator(".label")).to_contain_text("%")
        for path in sys.argv[5:]:
            request = urllib.request.Request(url + "/models/clothes/predict", open(path, "rb").read(), {"Content-Type": "image/jpeg"})
            label = json.load(urllib.request.urlopen(request))["label"]
            expect(page.get_by_role("article", name=os.path.basename(path)).locator(".label")).to_contain_text(label)
        cards.first.get_by_text("Show important regions").click()
        expect(cards.first.locator("canvas").or_(cards.first.get_by_text("No single region"))).to_be_visible()
        expect(page.locator("#status")).to_contain_text("photos predicted")
        # Dropped and pasted.
        count = cards.count()
        for event in ("drop", "paste"):
            page.evaluate("""async ([event, bytes]) => {
                const data = new DataTransfer();
                data.items.add(new File([new Uint8Array(bytes)], event + ".jpg", { type: "image/jpeg" }));
                dispatchEvent(event === "drop" ? new DragEvent("drop", { dataTransfer: data, cancelable: true })
                    : new ClipboardEvent("paste", { clipboardData: data })); }""", [event, list(open(sys.argv[5], "rb").read())])
            count += 1
            expect(cards).to_have_count(count)
            expect(page.get_by_role("article", name=event + ".jpg").locator(".label")).to_contain_text("%")
        # A thumbnail of the training data.
        page.locator(".thumbnails button").first.click()
        count += 1
        expect(cards).to_have_count(count)
        # Many photos: small, the most doubtful first, with a table to save.
        page.set_input_files("#photo-file", sys.argv[5:] * 2)
        count += 2 * (len(sys.argv) - 5)
        expect(page.get_by_text(f"{count} of {count} photos", exact=True)).to_be_visible()
        expect(page.locator(".photos.sheet")).to_be_visible()
        sure = [float(text.split()[-2].strip("<>\u00a0")) for text in page.locator(".sheet .label").all_inner_texts()]
        assert sure == sorted(sure), sure
        with page.expect_download() as download: page.get_by_text("Save as CSV").click()
        rows = list(csv.reader(open(download.value.path())))
        assert len(rows) == count + 1 and rows[0][:2] == ["file", "label"], rows[0]
        page.screenshot(path=f"{sys.argv[2]}/sheet.png", full_page=True)
        window.check_access("a contact sheet")
        page.get_by_role("button", name="Small pictures").click()
        page.set_input_files("#photo-file", sys.argv[4])
        broken = page.get_by_role("article", name="broken.jpg")
        expect(broken.locator(".problem")).to_contain_text("photo")


def keyboard(browser):
    """A prediction can be made by keyboard alone."""
    with Window(browser) as window:
        page = window.open("churn")
        expect(page.locator(".label")).to_be_visible()
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        for _ in range(40):
            if page.evaluate("document.activeElement.labels?.[0]?.textContent") == "Contract": break
            page.keyboard.press("Tab")
        else: raise AssertionError("Contract can't be reached by Tab")
        before = page.locator(".label").inner_text()
        page.keyboard.type("Two")
        expect(page.locator(".label")).not_to_have_text(before)
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def hostile(browser):
    with Window(browser) as window:
        page = window.open("hostile")
        expect(page.locator(".label")).to_be_visible()
        names = page.locator(".field label").all_inner_texts()
        assert "<img src=x onerror=alert(1)>" in names and any("\u202e" in name for name in names), names
        assert page.locator("script").count() == 1 and page.locator("main img").count() == 0
        assert page.evaluate("document.body.scrollWidth <= innerWidth"), "a name makes the page wider than the window"
        assert page.evaluate("document.body.textContent.length") < 200_000
        window.check_access("hostile names")


def looks(browser):
    for scheme in ("light", "dark"):
        for name, width, height in (("desktop", 1280, 900), ("tablet", 768, 1024), ("phone", 390, 844)):
            with Window(browser, width, height, scheme) as window:
                page = window.open("churn")
                expect(page.locator(".label")).to_be_visible()
                window.check_access(f"churn, {name}, {scheme}")
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, scheme)
                page.screenshot(path=f"{sys.argv[2]}/churn-{name}-{scheme}.png", full_page=True)
                page = window.open("clothes")
                page.set_input_files("#photo-file", sys.argv[5:])
                expect(page.locator(".label")).to_have_count(len(sys.argv) - 5)
                window.check_access(f"clothes, {name}, {scheme}")
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, scheme)
                page.screenshot(path=f"{sys.argv[2]}/clothes-{name}-{scheme}.png", full_page=True)


def policy(browser):
    """The Content-Security-Policy blocks a script that is injected into the page."""
    with Window(browser, may_fail=("Content Security Policy",)) as window:
        page = window.open("churn")
        page.evaluate("""() => { const script = document.createElement('script'); script.textContent = 'window.broken = 1';
            document.body.append(script); }""")
        assert page.evaluate("window.broken") is None


def calls(browser):
    """The page of the API lists the calls and tries one."""
    with Window(browser) as window:
        page = window.page
        page.goto(url + "/docs")
        call = page.locator("details", has_text="/models/churn/predict").first
        call.locator("summary").click()
        call.get_by_role("button", name="Try it").click()
        expect(call.get_by_label("Response")).to_contain_text('"churn_probability"')
        expect(call.get_by_text("200 OK")).to_be_visible()
        window.check_access("the calls")
        page.screenshot(path=f"{sys.argv[2]}/docs.png")


def key(browser):
    with Window(browser, may_fail=("status of 401",)) as window:
        page = window.page
        page.goto(url)
        box = page.get_by_label("This server requires an API key")
        expect(box).to_be_visible()
        box.fill("wrong")
        box.press("Enter")
        expect(page.get_by_text("the API key is unknown")).to_be_visible()
        box.fill(sys.argv[3])
        box.press("Enter")
        expect(page.locator(".label")).to_contain_text("Churn: ")
        expect(box).to_be_hidden()


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    if sys.argv[2] == "--key":
        key(browser)
    else:
        weight()
        for test in (table, trees, numbers, photos, keyboard, hostile, policy, calls, looks):
            test(browser)
            print(test.__name__, "passed", flush=True)
    browser.close()
