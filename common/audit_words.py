"""Audit rows in words: what the verbs and tables of the log are called on a page."""

from __future__ import annotations

from functools import cache

from django.apps import apps
from django.utils.translation import gettext_lazy as _

# Every verb that `record_audit` is called with.
VERBS = {
    "ADDRESS_CERTIFIED": _("标准地址转正"),
    "ADDRESS_CHANGE_UNDONE": _("撤销地址变更"),
    "ADDRESS_CREATED": _("新增标准地址"),
    "ADDRESS_MERGED": _("合并标准地址"),
    "ADDRESS_RENUMBERED": _("标准地址改号"),
    "ADDRESS_RETIRED": _("停用标准地址"),
    "ADDRESS_SPLIT": _("拆分标准地址"),
    "ADDRESS_DECIDED": _("裁定地址文本"),
    "ADDRESS_FILE_DELETED": _("删除批量解析文件"),
    "ADDRESS_FILE_DOWNLOADED": _("下载批量解析结果"),
    "ADDRESS_FILE_STARTED": _("批量解析地址"),
    "ADDRESS_DECISION_UNDONE": _("撤销地址裁定"),
    "ADDRESS_CALIBRATED": _("校准地址匹配可信度"),
    "ADDRESSES_RELINKED": _("重新匹配地址"),
    "RELINK_CANCELLED": _("停止重新匹配地址"),
    "ADMIN_ADDED": _("新增设置"),
    "ADMIN_CHANGED": _("修改设置"),
    "ADMIN_DELETED": _("删除设置"),
    "ADMIN_MADE": _("开立管理员"),
    "ALERT_RAISED": _("发出预警"),
    "ALERT_ACCEPTED": _("接收预警"),
    "ALERT_ACTING": _("开始处置预警"),
    "ALERT_CLOSED": _("办结预警"),
    "ALERT_CLIMBED": _("预警超时上报"),
    "ALERT_ESCALATED": _("上报预警"),
    "ALERT_MUTED": _("静默预警"),
    "ALERT_UNMUTED": _("取消静默"),
    "BATCH_RETRACTED": _("收回批次"),
    "BLOCK_SEEN": _("看过块数据"),
    "BORDERS_MOVED": _("边界调整生效"),
    "BORDER_CANCELLED": _("取消边界调整"),
    "BORDER_DRAFTED": _("起草边界调整"),
    "BORDER_RETRIED": _("重试边界调整"),
    "BORDER_SCHEDULED": _("提交边界调整"),
    "FINDING_SETTLED": _("核查事件疑点"),
    "EXPECTED_COUNTS_LOADED": _("填报应有数"),
    "BULK_CORRECTION_DROPPED": _("放弃批量更正"),
    "CERTIFICATION_ASKED": _("报请地址认证"),
    "CERTIFICATION_REFUSED": _("地址未获认证"),
    "CONTRACT_ENDED": _("终止共享约定"),
    "CONTRACT_MADE": _("签订共享约定"),
    "CORRECTED": _("更正"),
    "CORRECTION_UNDONE": _("撤销更正"),
    "DISPUTE_DECIDED": _("处理对方异议"),
    "DISPUTE_RECEIVED": _("收到对方异议"),
    "DUPLICATE_JUDGED": _("判断疑似重复"),
    "EXPORTED": _("导出清单"),
    "IMPORTED": _("导入入库"),
    "INSPECTED": _("登记巡检"),
    "ORDER_CHECKED": _("工单验收"),
    "ORDER_DISPATCHED": _("工单派单"),
    "ORDER_REJECTED": _("工单按不属实办结"),
    "ORDER_REPAIRED": _("工单上报修复"),
    "ORDER_REPORTED": _("上报故障或隐患"),
    "ORDER_RETURNED": _("工单退回重修"),
    "IMPORT_REPROCESSED": _("重新处理待核对的行"),
    "IMPORT_UNDONE": _("撤销导入"),
    "LINK_COLUMNS_ACCEPTED": _("链路今后按新列读取"),
    "LINK_PAUSED": _("停用链路"),
    "LINK_RESUMED": _("启用链路"),
    "LINK_RUN_ACCEPTED": _("采用被保留的数据"),
    "LINK_RUN_ASKED": _("立即读取链路"),
    "LINK_RUN_REFUSED": _("不采用被保留的数据"),
    "LINK_SAVED": _("设置链路"),
    "LINK_TRIED": _("试读链路"),
    "MESSAGE_GIVEN_UP": _("放弃死信"),
    "MESSAGE_RESENT": _("重发死信"),
    "PARTNER_TRIED": _("立即重试伙伴"),
    "NO_GO_ADDED": _("新增禁行规定"),
    "NO_GO_CHANGED": _("修改禁行规定"),
    "NO_GO_CHECKED": _("查询车辆能否通行"),
    "NO_GO_ENDED": _("结束禁行规定"),
    "NO_GO_PERMITTED": _("登记通行证"),
    "NO_GO_RESTORED": _("恢复通行证"),
    "NO_GO_WITHDRAWN": _("撤销通行证"),
    "PARTS_DROPPED": _("删除到期数据"),
    "PARTNER_CHANGED": _("修改交换伙伴"),
    "PARTNER_COLLECTED": _("伙伴查收信息"),
    "PARTNER_KEY_ENDED": _("停用签名密钥"),
    "PARTNER_KEY_MADE": _("新建签名密钥"),
    "PARTNER_MADE": _("新增交换伙伴"),
    "PARTNER_PREVIEWED": _("预览待发内容"),
    "PARTNER_RECONCILED": _("与伙伴对账"),
    "PHOTO_ADDED": _("上传照片"),
    "PHOTO_ANNOTATED": _("标注照片"),
    "PHOTO_CAPTIONED": _("修改照片说明"),
    "PHOTO_REMOVED": _("删除照片"),
    "PHOTO_RESTORED": _("恢复照片"),
    "PHOTO_ROTATED": _("旋转照片"),
    "MERGED": _("合并要素"),
    "MERGE_UNDONE": _("撤销合并"),
    "PRECEDENCE_CHANGED": _("修改来源次序"),
    "RECORD_RECALLED": _("召回已提供的记录"),
    "REGISTERED": _("登记要素"),
    "REGISTRATION_UNDONE": _("撤销登记"),
    "REJECTS_DOWNLOADED": _("下载待修补行"),
    "REVEALED": _("查看完整号码"),
    "GRADE_OVERRIDE_REQUEST": _("申请人工定级"),
    "GRADE_OVERRIDE_APPROVE": _("同意人工定级"),
    "GRADE_OVERRIDE_REFUSE": _("不同意人工定级"),
    "GRADE_OVERRIDE_END": _("结束人工定级"),
    "GRADE_OVERRIDE_EXPIRE": _("人工定级到期"),
    "RULE_CREATED": _("新建规则"),
    "RULE_OFF": _("停用规则"),
    "RULE_ON": _("启用规则"),
    "RULE_BACKTEST": _("回溯试算规则"),
    "SEARCHED": _("检索"),
    "SIGNED_IN": _("登录"),
    "TOKEN_ISSUED": _("签发接口令牌"),
    "TAG": _("人工标注"),
    "UNTAG": _("解除标签"),
    "TAG_OUTCOME": _("登记处置结果"),
    "GRADED": _("评定等级"),
    "VERSION_DRAFT": _("保存规则或方案草稿"),
    "VERSION_DROP": _("删除规则或方案草稿"),
    "VERSION_SUBMIT": _("提交规则或方案"),
    "VERSION_PUBLISH": _("发布规则或方案"),
    "VERSION_RETURN": _("退回规则或方案"),
}


def verb_label(verb: str) -> str:
    """The act in words; an unknown verb as it stands."""
    return str(VERBS.get(verb, verb))


@cache
def _models_by_table() -> dict[str, type]:
    return {model._meta.db_table: model for model in apps.get_models()}


def subject_label(table: str, subject_id: str) -> str:
    """What the act was about: name of the table's things and the number; nothing is looked up."""
    model = _models_by_table().get(table)
    name = str(model._meta.verbose_name) if model else table  # type: ignore[attr-defined]
    if not subject_id:
        return name
    return f"{name} #{subject_id}" if subject_id.isdigit() else f"{name} {subject_id}"
