from tests.e2e.test_story import *
pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

def dump(page, name):
    page.screenshot(path=f"/tmp/h11/{name}.png")
    Path(f"/tmp/h11/{name}.txt").write_text(page.url + "\n" + page.locator("main").inner_text())

def test_probe(platform, worker, open_window):
    Path("/tmp/h11").mkdir(exist_ok=True)
    w = open_window("officer-1"); page = w.page
    try:
        dump(page, "0today")
        upload(page, "机动车.csv", csv_file([HEADERS, *messy_rows(platform.city)], encoding="gb18030", delimiter=";"))
        dump(page, "1map")
        page.locator("tr", has_text="内部编码").get_by_role("combobox").select_option("-")
        page.get_by_role("button", name="试算").click()
        page.wait_for_selector(".balance", timeout=30000)
        dump(page, "2preview")
        print(balance(page))
        confirm(page, "入库", "入库")
        page.wait_for_selector("text=下载待修补的行", timeout=30000)
        dump(page, "3done")
        with page.expect_download() as d:
            page.get_by_role("link", name="下载待修补的行").click()
        print(Path(d.value.path()).read_text(encoding="utf-8-sig"))
        page.locator("#global-search").fill(plate(8)); page.locator("#global-search").press("Enter")
        page.wait_for_url("**/search/*/")
        dump(page, "4search")
        page.locator(".search-group .work-title a").first.click()
        page.wait_for_url("**/elements/*/")
        page.wait_for_load_state("networkidle")
        dump(page, "5element")
        page.goto("/registry/vehicles/"); dump(page, "6list")
        page.get_by_role("link", name="在图上看").click()
        page.wait_for_selector('.map-shell[data-map-state="ready"]')
        dump(page, "7map")
        page.wait_for_load_state("networkidle")
        dump(page, "8map")
    except BaseException:
        dump(page, "fail"); raise
    finally:
        print(w.faults)
